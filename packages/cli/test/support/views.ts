import {
	type Event,
	type EventDraft,
	EventSchema,
	Mac,
	MachineDetail,
	MachineView,
	type MachineView as View,
} from "@rollcall/protocol";
import { machineFacts } from "@rollcall/test-support/machine-facts";
import { NOW } from "./fixed-clock.ts";

/** A time that is so many hours, and a minute, ago by the clock of the test. */
export function longAgo(hours: number): string {
	return new Date(NOW - hours * 3_600_000 - 60_000).toISOString();
}

export const DIGEST = `sha256:${"ab".repeat(32)}`;
export const BOOT = "0f3b7a52-3d0e-4d0c-9a55-0c6d2b1f7a01";

/** A machine as the API shows it; what is given replaces the defaults. */
export function machine(id: string, change: Record<string, unknown> = {}): View {
	return MachineView.parse({
		machineId: id,
		phase: "ready",
		reason: "it runs its target",
		rehearsal: false,
		bootId: BOOT,
		approval: "approved",
		grade: "observed",
		held: [],
		lease: "alive",
		pinned: false,
		generation: 0,
		progress: "none",
		health: [],
		labels: {},
		enrolledAt: longAgo(12),
		changedAt: longAgo(12),
		...change,
	});
}

/** Four machines of all kinds. */
export function fleet(): View[] {
	const seat = { cluster: "lab", slot: "worker", role: "worker", generation: 3, digest: DIGEST, progress: "applied" };
	return [
		machine("0b12aa00-1111-4222-8333-444455556666", {
			...{ ...seat, slot: "control-plane", role: "control-plane", seat: 0, nodeName: "control-plane-0" },
			health: [
				{ component: "etcd", healthy: true },
				{ component: "kubelet", healthy: true },
			],
			address: "192.0.2.7",
		}),
		machine("91ccaa00-1111-4222-8333-444455556666", {
			...{ ...seat, seat: 0, nodeName: "worker-0", phase: "degraded", pinned: true },
			reason: "kubelet is not healthy: connection refused",
			next: "rollcall logs worker-0 -u kubelet.service",
			health: [
				{ component: "kubelet", healthy: false, reason: "connection refused" },
				{ component: "kube-proxy", healthy: true },
			],
			node: {
				ready: false,
				reason: "KubeletNotReady: container runtime is down",
				version: "v1.36.2",
				pressure: ["DiskPressure"],
			},
			labels: { rack: "a", room: "101" },
			changedAt: longAgo(3),
		}),
		machine("a0ffaa00-1111-4222-8333-444455556666", {
			...{ ...seat, seat: 1, nodeName: "worker-1", phase: "lost", lease: "lost" },
			reason: "not heard for 3 hours",
			changedAt: longAgo(3),
		}),
		machine("c4d5aa00-1111-4222-8333-444455556666", {
			phase: "waiting",
			approval: "waiting",
			rehearsal: true,
			reason: "it waits for approval",
			next: "rollcall approve c4d5aa00-1111-4222-8333-444455556666",
			changedAt: longAgo(30),
		}),
	];
}

/** Of a node whose system has a container runtime and no kubelet. */
export const PROGRAMS = [
	{
		...{ name: "kubelet", path: "/opt/rollcall/bin/kubelet", from: "coordinator" },
		instead: "its own 1.32.1 is not of 1.33 to 1.36, which Kubernetes 1.36 takes",
	},
	{ name: "containerd", path: "/usr/bin/containerd", from: "system" },
	{ name: "runc", path: "/usr/bin/runc", from: "system" },
];

/** `GET /v1/machines/{id}` of one machine. */
export function detail(view: View, events: { event: Event; text: string }[] = []): unknown {
	return MachineDetail.parse({
		machine: view,
		facts: machineFacts({
			bootId: view.bootId,
			hostname: "pc-07",
			smbios: { uuid: "4c4c4544-0042-3510-8052-b4c04f564433", serial: "7XK", vendor: "Dell", product: "OptiPlex" },
			cpu: { count: 4, model: "i5-6500", arch: "x64" },
			memory: { totalBytes: 8 * 2 ** 30, availableBytes: 7.5 * 2 ** 30 },
			nics: [{ name: "eth0", mac: Mac.parse("52:54:00:00:00:07"), up: true, addresses: ["192.0.2.7/24"] }],
			defaultRoute: { nic: "eth0", gateway: "192.0.2.1" },
			dns: { servers: ["192.0.2.1"], search: [] },
			os: { id: "flatcar", version: "4230.2.0", name: "Flatcar 4230.2.0" },
			kernel: "6.12.0",
			tmpfs: [{ path: "/", totalBytes: 4 * 2 ** 30, freeBytes: 3 * 2 ** 30 }],
			rehearsal: view.rehearsal,
		}),
		fenced: [],
		events,
		programs: PROGRAMS,
	});
}

/** A recorded event at 12:00:00 UTC and `seq` seconds. */
export function event(seq: number, draft: EventDraft): Event {
	return EventSchema.parse({ ...draft, seq, at: Date.UTC(2026, 10, 2, 12, 0, seq) });
}

export function leaseEvent(seq: number, id: string, lease: "alive" | "suspect" | "lost" = "alive"): Event {
	return event(seq, {
		type: "lease-changed",
		machineId: id,
		bootId: BOOT,
		lease,
		silentMs: 0,
	} as unknown as EventDraft);
}

export const STATUS = {
	coordinatorId: "coordinator-a",
	leader: true,
	seq: 2,
	stateDigest: DIGEST,
	cluster: "lab",
	recovering: false,
	machines: {
		...{ waiting: 1, rejected: 0, idle: 0, assigned: 0, applying: 0 },
		...{ ready: 1, degraded: 1, failed: 0, suspect: 0, lost: 1 },
	},
	version: "0.1.0",
};
