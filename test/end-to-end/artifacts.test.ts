import { execFileSync } from "node:child_process";
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { eventually } from "@rollcall/test-support/eventually";
import { freePort } from "@rollcall/test-support/free-port";
import { ownFolder } from "@rollcall/test-support/own-folder";
import test, { type ExecutionContext } from "ava";
import { writeAgentProgram } from "../support/boot.ts";
import { newOperator } from "../support/cli.ts";
import { asAdmin, startCoordinator } from "../support/coordinator.ts";
import { allReady, startMachine } from "../support/machine.ts";

const sha256 = (content: Buffer): string => `sha256:${createHash("sha256").update(content).digest("hex")}`;
/** Large enough that a cut connection has a middle. */
const BYTES = 3_000_000;

/** An archive with a kubelet in it, and one of images (what is in that, nobody here looks at). */
function contents(folder: string): { archive: Buffer; images: Buffer; kubelet: Buffer } {
	const kubelet = randomBytes(BYTES);
	mkdirSync(join(folder, "node/bin"), { recursive: true });
	writeFileSync(join(folder, "node/bin/kubelet"), kubelet, { mode: 0o755 });
	execFileSync("tar", ["-C", folder, "-czf", join(folder, "node.tgz"), "node"]);
	return { archive: readFileSync(join(folder, "node.tgz")), images: randomBytes(BYTES), kubelet };
}

/** A source that cuts every answer in the middle, or flips one byte of it. */
async function badSource(t: ExecutionContext, content: Buffer, fault: "cuts" | "flips"): Promise<string> {
	const server = createServer((request, response) => {
		const from = Number(/bytes=(\d+)-/.exec(request.headers.range ?? "")?.[1] ?? 0);
		const rest = Buffer.from(content.subarray(from));
		const head = { "content-length": rest.length, ...(from > 0 ? { "content-range": `bytes ${from}-/*` } : {}) };
		response.writeHead(from > 0 ? 206 : 200, head);
		if (fault === "cuts") return void response.write(rest.subarray(0, rest.length / 2), () => response.destroy());
		const middle = Math.floor(rest.length / 2);
		rest[middle] = (rest[middle] ?? 0) ^ 1;
		response.end(rest);
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	t.teardown(() => {
		server.closeAllConnections();
		server.close();
	});
	return `http://127.0.0.1:${(server.address() as AddressInfo).port}/file`;
}

test("programs and images come from the coordinator by hash, whatever other sources do, and again after a reboot", async (t) => {
	const folder = ownFolder(t);
	const { archive, images, kubelet } = contents(folder);
	writeFileSync(join(folder, "site.tar"), images);
	const port = await freePort();
	const { file: agent } = writeAgentProgram(folder);
	const coordinator = await startCoordinator(t, { boot: { port, agent } });
	const operator = newOperator(t);
	const reach = asAdmin(coordinator);
	for (const [name, path] of [
		["node.tgz", "node.tgz"],
		["site.tar", "site.tar"],
	] as const) {
		const added = await operator.rollcall(...reach, "assets", "add", name, join(folder, path));
		t.is(added.code, 0, added.stderr);
	}
	const own = (name: string): string => `${coordinator.bootUrl}/assets/${name}`;
	const [cuts, flips] = [await badSource(t, archive, "cuts"), await badSource(t, archive, "flips")];
	const document = {
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "test",
		kubernetes: {
			version: "1.36",
			artifacts: [
				{
					path: "/opt/rollcall/archives/node",
					mode: "0600",
					sha256: sha256(archive),
					sizeBytes: archive.length,
					urls: [flips, cuts, own("node.tgz")],
					unpack: [{ member: "node/bin/kubelet", path: "/opt/rollcall/bin/kubelet", mode: "0755" }],
				},
			],
		},
		images: { archives: [{ name: "site", sha256: sha256(images), sizeBytes: images.length, urls: [own("site.tar")] }] },
		approval: { rules: [{ name: "rehearsal", selector: { rehearsal: true } }] },
		slots: [{ name: "workers", role: "worker", count: 1 }],
	};
	await coordinator.call("PUT", "/v1/cluster", { text: JSON.stringify(document) });
	let machine = await startMachine(t, coordinator, { name: "fetching" });
	const isComplete = (): boolean => {
		const at = (path: string): string => join(machine.root, path);
		return (
			existsSync(at("opt/rollcall/bin/kubelet")) &&
			readFileSync(at("opt/rollcall/bin/kubelet")).equals(kubelet) &&
			existsSync(at("opt/rollcall/images/site.tar.taken"))
		);
	};
	const [view] = await allReady(coordinator, 1);
	t.true(isComplete());
	t.is(statSync(join(machine.root, "opt/rollcall/bin/kubelet")).mode & 0o777, 0o755);
	t.false(existsSync(join(machine.root, "opt/rollcall/images/site.tar")), "the images lie in RAM twice");
	t.is(readFileSync(join(machine.root, "opt/rollcall/images/site.tar.taken"), "utf8"), sha256(images));

	machine = await machine.bootAgain(coordinator);
	const again = await eventually("another boot that is ready", async () => {
		const [now] = await coordinator.machines();
		return now && now.bootId !== view?.bootId && now.phase === "ready" ? now : undefined;
	});
	t.true(again.generation > (view?.generation ?? 0));
	await eventually("everything to be there again", isComplete);
});
