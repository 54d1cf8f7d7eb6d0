import type { BootView, CertificateView, MachineView } from "@rollcall/protocol";
import test from "ava";
import { painter } from "../src/text/colour.ts";
import { widthOf } from "../src/text/width.ts";
import { bootTable } from "../src/views/boot-table.ts";
import { certificateTable } from "../src/views/certificate-table.ts";
import { machineTable } from "../src/views/machine-table.ts";

const NOW = Date.parse("2026-11-28T12:00:00Z");
const NODE = "control-plane-f018b1d9";
const paint = painter(false);

const certificate = {
	kind: "node",
	name: "apiserver-kubelet-client",
	machineId: "m-1",
	nodeName: NODE,
	signer: "cluster",
	subject: "O=system:masters, CN=kube-apiserver-kubelet-client",
	serial: "0a0b0c0d0e0f",
	issuedAt: "2026-11-28T11:00:00Z",
	expiresAt: "2027-01-15T22:12:26Z",
	state: "valid",
} as unknown as CertificateView;

const boot = {
	machineId: "m-1",
	nodeName: NODE,
	mac: "52:54:00:12:34:56",
	address: "192.0.2.7",
	profile: "flatcar",
	state: "booting",
	rehearsal: true,
	startedAt: "2026-11-28T11:59:00Z",
	totalMs: 2300,
	stages: [{ stage: "enrolled", at: "2026-11-28T11:59:00Z" }, { stage: "assigned" }],
	waitingFor: "assigned",
} as unknown as BootView;

test("when certificates end stays whole on a narrow terminal, and at 60 columns who holds them", (t) => {
	for (const width of [80, 60, 40]) {
		const [title = "", line = ""] = certificateTable([certificate], NOW, { width, paint });
		t.true(widthOf(line) <= width, line);
		t.regex(title, /EXPIRES/);
		t.regex(line, / in 48d/, line);
		if (width >= 60) t.true(line.startsWith(`${NODE} `), line);
	}
});

const machine = (nodeName: string, phase: string, reason: string): MachineView =>
	({ ...{ machineId: nodeName, nodeName, phase, reason, role: "control-plane" }, ...VIEW }) as unknown as MachineView;
const VIEW = { generation: 2, health: [], rehearsal: true, changedAt: "2026-11-28T11:59:00Z", pinned: false };

test("names of nodes stay whole at 80 columns, beside the reason", (t) => {
	const fleet = [
		machine(NODE, "applying", "it writes generation 2 since 4 s ago"),
		machine("worker-1", "ready", "it is there"),
	];
	const [title = "", first = ""] = machineTable(fleet, NOW, { width: 80, paint });
	t.regex(title, /REASON/);
	t.regex(first, new RegExp(`^${NODE} .*it writes generation 2`));
});

test("where a terminal has no room for reasons, each machine that is not ready has its own below it, and no column is one letter", (t) => {
	const fleet = [
		machine(NODE, "applying", "it writes generation 2 since 4 s ago, and probes kubelet"),
		machine("worker-1", "ready", "it is there"),
	];
	const [title, ...lines] = machineTable(fleet, NOW, { width: 40, paint });
	t.regex(title ?? "", /^MACHINE +PHASE +KIND$/);
	for (const line of lines) t.true(widthOf(line) <= 40, line);
	const [first = "", ...rest] = lines;
	t.regex(first, /^control-plane-f018.* applying +REHEARSAL$/);
	t.deepEqual(rest.slice(0, 2), ["  it writes generation 2 since 4 s ago,", "  and probes kubelet"]);
	t.regex(rest[2] ?? "", /^worker-1 +ready +REHEARSAL$/);
	t.is(rest.length, 3);
});

test("which machine boots stays whole while other columns can go", (t) => {
	for (const width of [100, 80, 60, 44, 40, 32]) {
		const lines = bootTable([boot], NOW, { width, paint });
		for (const line of lines) t.true(widthOf(line) <= width, line);
		const name = width >= 44 ? NODE : "control-pla";
		t.regex(lines[1] ?? "", new RegExp(`^${name}.* booting .*REHEARSAL`), lines[1]);
		if (width >= 60) t.regex(lines[1] ?? "", / assigned /, "what it waits for");
	}
});
