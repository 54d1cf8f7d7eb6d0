import { stretchedSeconds } from "@rollcall/test-support/stretch";
import type { TestCoordinator } from "./coordinator.ts";

/** Parts of a cluster document; what is not given is that of a small cluster for rehearsal machines. */
export interface DocumentWish {
	readonly slots: readonly object[];
	/** More of `kubernetes` than its version. */
	readonly kubernetes?: object;
	readonly controlPlane?: object;
	readonly roles?: Readonly<Record<string, object>>;
	readonly machines?: readonly object[];
	/** Rules that let machines in; by default all rehearsal machines. */
	readonly rules?: readonly object[];
}

/** A cluster document as text (JSON, which is YAML). */
export function documentText({
	slots,
	kubernetes,
	controlPlane,
	roles = {},
	machines = [],
	rules,
}: DocumentWish): string {
	return JSON.stringify({
		apiVersion: "rollcall/v1",
		kind: "Cluster",
		name: "test",
		kubernetes: { version: "1.36", ...kubernetes },
		...(controlPlane ? { controlPlane } : {}),
		approval: { rules: rules ?? [{ name: "rehearsal", selector: { rehearsal: true } }] },
		machines,
		// On loopback nothing can be observed; slots take a machine's word unless a test says otherwise.
		slots: slots.map((slot) => ({ grade: "claimed", ...slot })),
		roles,
	});
}

/** Declares a document. Throws with the problem when it is refused. */
export async function declare(coordinator: TestCoordinator, wish: DocumentWish): Promise<void> {
	await coordinator.call("PUT", "/v1/cluster", { text: documentText(wish) });
}

/** A role of a few bytes: a file, a unit that sleeps, and a probe that looks for the unit. */
export function smallRole(text: string): object {
	return {
		files: [
			{ path: "/etc/rollcall/role/text", mode: "0644", content: text },
			{
				path: "/run/systemd/system/small.service",
				mode: "0644",
				content: "[Service]\nExecStart=/bin/sleep 1000000\n",
			},
		],
		units: [{ name: "small.service" }],
		probes: [{ kind: "unit", component: "small", unit: "small.service", intervalSeconds: 1 }],
		deadlineSeconds: stretchedSeconds(30),
	};
}
