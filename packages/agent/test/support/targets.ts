import {
	BootId,
	digestOf,
	MachineId,
	type Probe,
	type SignedAssignment,
	type Target,
	type TargetContent,
} from "@rollcall/protocol";
import { stretchedSeconds } from "@rollcall/test-support/stretch";
import type { Accepted } from "../../src/ports.ts";

export const MACHINE = MachineId.parse("m-1");
export const BOOT = BootId.parse("0b0a7e1c-1111-4222-8333-444455556666");
export const PUBLIC_KEY = `U${"A".repeat(55)}`;

/** A file of a target. */
export function file(path: string, content: string, mode = "0644"): TargetContent["files"][number] {
	return { path, mode, encoding: "utf8", content };
}

/** A probe for a unit, with short times. */
export function unitProbe(component: string, unit: string, deadlineSeconds = 1): Probe {
	return { kind: "unit", component, unit, deadlineSeconds, intervalSeconds: 1, timeoutSeconds: 1 };
}

/** The part in the pod network of one of several nodes. */
export function podNetwork(node: number): NonNullable<TargetContent["podNetwork"]> {
	const [own, pods, address] = [`10.254.${node}.0/24`, "10.254.0.0/16", `192.0.2.${node + 1}/24`];
	return { own: [own], pods: [pods], addresses: [address], nic: "eth0", bridge: "cni0", vxlan: { id: 1, port: 4789 } };
}

/** A whole target with its proof; the digest fits. */
export function accepted(generation: number, content: Partial<TargetContent>): Accepted {
	const whole: TargetContent = {
		cluster: "c",
		slot: "workers",
		role: "worker",
		nodeName: "n1",
		files: [],
		units: [],
		probes: [],
		artifacts: [],
		deadlineSeconds: stretchedSeconds(30),
		...content,
	};
	const digest = digestOf(whole);
	const target: Target = { machineId: MACHINE, generation, digest, content: whole };
	const proof: SignedAssignment = {
		assignment: {
			machineId: MACHINE,
			bootId: BOOT,
			publicKey: PUBLIC_KEY,
			labels: {},
			cluster: "c",
			slot: "workers",
			seat: 0,
			role: "worker",
			nodeName: "n1",
			pinned: false,
			generation,
			digest,
		},
		signer: "signer",
		signature: "signature",
	};
	return { target, proof };
}
