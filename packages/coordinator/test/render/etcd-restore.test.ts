import type { TargetContent } from "@rollcall/protocol";
import test from "ava";
import type { Fleet } from "../../src/domain/fleet.ts";
import { membersOf } from "../../src/domain/networks/members.ts";
import { renderTarget } from "../../src/render/render-target.ts";
import { documentOf, fleetOf, labFacts, type Seated } from "./fleet-of.ts";
import { readTree } from "./node-tree.ts";
import { after, restoring, SNAPSHOT } from "./restoring.ts";

const GI = 2 ** 30;
const DOCUMENT = `apiVersion: rollcall/v1
kind: Cluster
name: lab
kubernetes: { version: "1.36" }
slots:
  - { name: control, role: control-plane, count: 3 }
  - { name: workers, role: worker, count: rest }
`;

function lab(memory = 8 * GI): { fleet: Fleet; seated: readonly Seated[] } {
	const facts = Array.from({ length: 4 }, (_, index) =>
		labFacts(index, { memory: { totalBytes: memory, availableBytes: memory } }),
	);
	return fleetOf(documentOf(DOCUMENT), facts);
}

function contentOf(fleet: Fleet, { machine, seat }: Seated): TargetContent {
	const rendered = renderTarget(fleet, fleet.machines.get(machine.machineId) ?? machine, seat);
	if (!rendered.ok) throw new Error(rendered.reason);
	return rendered.content;
}

function etcdOf(content: TargetContent) {
	const pod = readTree(content).pods.find(({ pod: { metadata } }) => metadata.name === "etcd")?.pod;
	if (!pod) throw new Error("no etcd");
	return pod;
}

test("all machines of etcd, and no other, get the same snapshot, its key by name, and the command that restores it", (t) => {
	const { fleet, seated } = lab();
	const contents = seated.map((one) => contentOf(restoring(fleet), one));
	for (const content of contents.slice(0, 3)) {
		const [artifact] = content.artifacts;
		t.deepEqual(artifact, {
			path: "/run/rollcall/role/etcd/snapshot.db",
			mode: "0600",
			sha256: SNAPSHOT.sha256,
			sizeBytes: SNAPSHOT.sizeBytes,
			urls: [`http://192.168.1.2:7420/v1/etcd/snapshots/${SNAPSHOT.sha256.slice(7)}/content`],
			encrypted: { secret: "etcd-snapshot-key", ...SNAPSHOT.content },
		});
		t.like(content.secrets?.at(-1), { name: "etcd-snapshot-key", revision: SNAPSHOT.sha256, mode: "0600" });
		const [container] = etcdOf(content).spec.initContainers ?? [];
		const words = container?.command ?? [];
		const own = readTree(content).arguments("etcd");
		for (const name of [
			"name",
			"initial-cluster",
			"initial-cluster-token",
			"initial-advertise-peer-urls",
			"data-dir",
		]) {
			t.true(words.includes(`--${name}=${own[name]}`), name);
		}
		t.true(words.includes("--bump-revision=1000000000") && words.includes("--mark-compacted"));
		t.is(own["initial-cluster-state"], "new");
		t.regex(own["initial-cluster-token"] ?? "", /^lab-[0-9a-f]{12}$/);
		const writable = container?.volumeMounts.filter(({ readOnly }) => !readOnly).map(({ mountPath }) => mountPath);
		t.deepEqual(writable, ["/var/lib/etcd"]);
		t.deepEqual(container?.securityContext.capabilities, { drop: ["ALL"] });
		t.false(
			etcdOf(content).spec.containers[0]?.volumeMounts.some(({ name }) => name === "etcd-snapshot"),
			"etcd itself sees the snapshot",
		);
	}
	t.is(new Set(contents.slice(0, 3).map(({ artifacts }) => JSON.stringify(artifacts))).size, 1);
	t.deepEqual(contents[3]?.artifacts, []);
	t.deepEqual(contents[3]?.secrets, []);
});

function applied(fleet: Fleet, { machine: { machineId, bootId } }: Seated): Fleet {
	const target = {
		machineId,
		bootId,
		generation: 1,
		digest: SNAPSHOT.sha256,
		role: "control-plane",
		deadlineAt: 1,
		cause: 1,
	};
	const issued = after(fleet, { type: "target-issued", ...target });
	const progress = { state: "applied" } as const;
	return after(issued, { type: "target-progress", machineId, bootId, generation: 1, progress, sequence: 1, cause: 1 });
}

test("once etcd is founded the file and its key are not named any more, and the static pod stays as it is", (t) => {
	const { fleet, seated } = lab();
	const begun = seated.slice(0, 3).reduce(applied, restoring(fleet));
	const founded = after(begun, {
		type: "etcd-founded",
		members: seated
			.slice(0, 3)
			.map(({ machine: { machineId, bootId }, seat: { nodeName } }) => ({ machineId, bootId, nodeName })),
		cluster: [...membersOf(begun, "control-plane")],
	});
	for (const one of seated.slice(0, 3)) {
		const [before, now] = [contentOf(begun, one), contentOf(founded, one)];
		t.deepEqual(now.files, before.files);
		t.deepEqual(now.units, before.units);
		t.deepEqual(now.artifacts, []);
		t.false(now.secrets?.some(({ name }) => name === "etcd-snapshot-key"));
	}
});

test("the script names no value: all of them are arguments", (t) => {
	const { fleet, seated } = lab();
	const scripts = seated
		.slice(0, 3)
		.map((one) => etcdOf(contentOf(restoring(fleet), one)).spec.initContainers?.[0]?.command[2]);
	t.is(new Set(scripts).size, 1);
	const [script = ""] = scripts;
	t.notRegex(script, /lab|node-|192\.|sha256|\/var|\/run/);
	t.notRegex(script, /\b(?:rm|mv|cp|test|cat|mkdir|touch|sync)\b/, "the image has no such programs");
});

test("a snapshot counts in the RAM budget, and one above etcd's quota on the machine is refused with both numbers", (t) => {
	const { fleet, seated } = lab(3.5 * GI);
	const refusal = (sizeBytes: number) => {
		const content = { ...SNAPSHOT.content, sizeBytes };
		const rendered =
			seated[0] &&
			renderTarget(restoring(fleet, { ...SNAPSHOT, sizeBytes, content }), seated[0].machine, seated[0].seat);
		return rendered?.ok === false ? rendered.reason : "";
	};
	t.is(refusal(20_000_000), "");
	t.regex(
		refusal(440_000_000),
		/the role control-plane needs \d+ MiB of RAM.*the snapshot that etcd begins with 420 MiB/,
	);
	const large = lab(32 * GI);
	const [first] = large.seated;
	const huge = { ...SNAPSHOT, content: { ...SNAPSHOT.content, sizeBytes: 3 * GI } };
	const rendered = first && renderTarget(restoring(large.fleet, huge), first.machine, first.seat);
	t.regex(
		rendered?.ok === false ? rendered.reason : "",
		/has 3221225472 bytes, etcd's quota on this machine is 2147483648/,
	);
});
