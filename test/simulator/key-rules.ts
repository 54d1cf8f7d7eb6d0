import type { Fleet } from "@rollcall/coordinator/simulator";
import type { EventOf } from "@rollcall/protocol";
import { must } from "./broken.ts";
import { believedOn, signerOn } from "./machine/trusted.ts";
import type { World } from "./world.ts";

/** No change of keys parts machines that serve the cluster: whoever signs is believed by all of them, and nobody holds what an authority signed that is believed no more. */
export function checkTrust(world: World, before: Fleet, { trust }: EventOf<"trust-changed">): void {
	const { certificates, signing } = trust.authorities.cluster;
	const believed = certificates.map(({ fingerprint }) => fingerprint as string);
	must(believed.includes(signing), "who signs is believed", () => signing);
	// The first keys come to nobody who has others.
	if (!before.trust) return;
	for (const { machineId, seat, approval, target, bootId } of before.machines.values()) {
		const boot = world.machineOf(machineId)?.boot;
		if (!seat || approval !== "approved" || !target || boot?.bootId !== bootId) continue;
		const own = believedOn(boot.disk);
		if (own.length === 0) continue;
		must(own.includes(signing), "nobody signs whom a machine does not believe", () => machineId);
		const signer = signerOn(boot.disk);
		must(
			signer === undefined || believed.includes(signer),
			"no certificate in use is believed no more",
			() => `${machineId} has one of ${signer}`,
		);
	}
}

/** Keys that were in other hands are believed no more in the end, where every machine could follow. Those of Secrets wait for an API, which nobody simulates. */
export function checkExposed({ exposed = [], trust, machines }: Fleet): void {
	for (const { seat, approval, impossible, target, lease } of machines.values()) {
		// A machine that is gone for good keeps its seat until a person removes it.
		const follows = lease !== "lost" && impossible === undefined && target?.progress === "applied";
		if (seat && approval === "approved" && !follows) return;
	}
	const { authorities, serviceAccounts } = trust?.trust ?? {};
	const held = [...Object.values(authorities ?? {}).flatMap(({ certificates }) => certificates)];
	const known = [...held, ...(serviceAccounts?.keys ?? [])].map(({ fingerprint }) => fingerprint);
	must(!exposed.some((key) => known.includes(key)), "keys in other hands are changed in the end", () => known.join());
}
