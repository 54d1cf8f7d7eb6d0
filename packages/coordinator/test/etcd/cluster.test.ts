import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import test from "ava";
import { createPki } from "../../src/adapters/pki/pki.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { debianCommand } from "../boot/programs/debian.ts";
import { documentOf, fleetOf, labFacts } from "../render/fleet-of.ts";
import { fillRoot, type Member, memberOn } from "./member.ts";
import { makeNetwork } from "./network.ts";

const MEMBERS = 3;
const ETCD = { program: "usr/bin/etcd", packages: ["etcd-server"] };
const ETCDCTL = { program: "usr/bin/etcdctl", packages: ["etcd-client"] };

const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
networks: { pods: 10.254.0.0/16, services: 10.253.0.0/16 }
slots:
  - { name: control, role: control-plane, count: ${MEMBERS} }
`;

async function until(what: string, holds: () => boolean, explain: () => string): Promise<void> {
	const end = performance.now() + 30_000;
	while (!holds()) {
		if (performance.now() > end) throw new Error(`not within 30 s: ${what}\n${explain()}`);
		await new Promise((resolve) => setTimeout(resolve, 200));
	}
}

test.serial(
	"three real members with the rendered arguments and certificates form a cluster, refuse strangers, and survive the loss of one",
	async (t) => {
		t.timeout(180_000);
		const etcd = await debianCommand(t, ETCD);
		const etcdctl = etcd && (await debianCommand(t, ETCDCTL));
		const network = etcdctl && makeNetwork(t, MEMBERS);
		if (!etcd || !etcdctl || !network) return;

		const folder = mkdtempSync(join(tmpdir(), "rollcall-etcd-"));
		t.teardown(() => rmSync(folder, { recursive: true, force: true }));
		const pki = createPki(join(folder, "authorities"), { now: () => Date.now() });
		const trust = await pki.trust();
		const facts = Array.from({ length: MEMBERS }, (_, index) =>
			labFacts(index, {
				nics: [
					{
						name: "eth0",
						mac: `02:00:00:00:00:1${index}` as never,
						up: true,
						addresses: [`${network.address(index)}/24`],
					},
				],
				defaultRoute: { nic: "eth0", gateway: "192.168.77.1" },
				routes: [],
			}),
		);
		const { fleet, seated } = fleetOf(documentOf(DOCUMENT), facts);
		const contents = seated.map(({ machine, seat }) => {
			const rendered = renderTarget({ ...fleet, trust: { trust, seq: 1 } }, machine, seat);
			if (!rendered.ok) throw new Error(rendered.reason);
			return rendered.content;
		});
		const members: Member[] = [];
		for (const [index, content] of contents.entries()) {
			const root = join(folder, `machine-${index}`);
			await fillRoot(root, content, { pki, trust });
			members.push(memberOn(t, { network, index, root, content: () => content, program: etcd.program }));
		}
		const outputs = (): string => `${refusal}\n${logs()}`;
		const logs = (): string => members.map((member) => member.output().slice(-3000)).join("\n----\n");

		const first = join(folder, "machine-0/etc/kubernetes/pki");
		const client = [
			"--cert",
			join(first, "apiserver-etcd-client.crt"),
			"--key",
			join(first, "apiserver-etcd-client.key"),
		];
		const ask = (index: number, words: readonly string[], credentials: readonly string[] = client): string => {
			const [ip = "ip", ...before] = network.on(index);
			const at = ["--endpoints", `https://${network.address(index)}:2379`, "--cacert", join(first, "etcd/ca.crt")];
			return execFileSync(ip, [...before, etcdctl.program, ...at, ...credentials, "--command-timeout=3s", ...words], {
				encoding: "utf8",
				env: { ...process.env, ETCDCTL_API: "3" },
				stdio: ["ignore", "pipe", "pipe"],
			});
		};
		let refusal = "";
		const answers = (index: number, words: readonly string[], credentials?: readonly string[]): string | undefined => {
			try {
				return ask(index, words, credentials);
			} catch (error) {
				refusal = (error as Error).message;
				return undefined;
			}
		};

		for (const member of members) member.start();
		await until(
			"all are healthy",
			() => [0, 1, 2].every((index) => answers(index, ["endpoint", "health"]) !== undefined),
			outputs,
		);
		t.is(ask(0, ["member", "list"]).trim().split("\n").length, MEMBERS);
		ask(0, ["put", "key", "before"]);
		t.is(ask(2, ["get", "key", "--print-value-only"]).trim(), "before");

		const wrong = [
			"--cert",
			join(first, "apiserver-kubelet-client.crt"),
			"--key",
			join(first, "apiserver-kubelet-client.key"),
		];
		t.is(answers(1, ["get", "key"], []), undefined, "a client without a certificate is let in");
		t.is(answers(1, ["get", "key"], wrong), undefined, "a client of another authority is let in");
		t.is(answers(1, ["get", "key", "--print-value-only"])?.trim(), "before");

		await members[0]?.kill();
		await until("the two others go on", () => answers(1, ["put", "key", "without one"]) !== undefined, outputs);
		t.is(ask(2, ["get", "key", "--print-value-only"]).trim(), "without one");
		members[0]?.start();
		await until(
			"the first is back",
			() => answers(0, ["get", "key", "--print-value-only"])?.trim() === "without one",
			outputs,
		);
	},
);
