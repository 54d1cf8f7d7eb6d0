import { type BootDocument, type BootRequest, type BootUser, swappedUuid } from "@rollcall/protocol";
import type { KnownMachine } from "../../boot/match.ts";
import type { BootSighting, MissedAsset } from "../../boot/waterfall/sighting.ts";
import type { Machine } from "../../domain/fleet.ts";
import { plausibleUuid } from "../../domain/identity/evidence.ts";
import type { Core } from "../../ports/core.ts";
import type { AgentAsset } from "./agent-assets.ts";
import type { BootCore } from "./boot-core.ts";

/** What the boot endpoints of a fleet are made of. */
export interface FleetBoot {
	readonly core: Pick<Core, "fleet">;
	readonly document: () => BootDocument;
	readonly agents: () => ReadonlyMap<"x64" | "arm64", AgentAsset>;
	readonly coordinators: () => readonly string[];
	readonly signers: readonly string[];
	readonly authority: () => string | undefined;
	/** Hears of everything that is seen; must bound what it keeps. */
	readonly record: (sighting: BootSighting | MissedAsset) => void;
}

/**
 * Of machines that claim one address, the one that has a seat, else the one that was approved: a stranger's claim takes nothing
 * from it. Undefined where two of them are trusted alike, since a name that two answer to is worse than none.
 */
function mostTrusted(claimants: readonly Machine[]): Machine | undefined {
	const rank = ({ seat, approval }: Machine): number => (approval !== "approved" ? 0 : seat ? 2 : 1);
	const highest = Math.max(...claimants.map(rank));
	const [only, another] = claimants.filter((machine) => rank(machine) === highest);
	return another === undefined ? only : undefined;
}

/**
 * The boot endpoints' view of the fleet: it is only read. A boot token is used up when its enrollment token is, which the log
 * takes once, on whatever replica and after whatever restart.
 */
export class FleetBootCore implements BootCore {
	readonly #boot: FleetBoot;

	constructor(boot: FleetBoot) {
		this.#boot = boot;
	}

	document(): BootDocument {
		return this.#boot.document();
	}

	users(): readonly BootUser[] {
		return this.#boot.core.fleet().cluster?.document.users ?? [];
	}

	known(request: BootRequest): KnownMachine | undefined {
		const fleet = this.#boot.core.fleet();
		const { mac, uuid } = request;
		const declared = fleet.cluster?.document.machines.find(
			(machine) => (machine.mac !== undefined && machine.mac === mac) || namesUuid(machine.uuid, uuid),
		);
		// A MAC tells machines apart better than a UUID, which firmware may hand out twice.
		const byMac = mac === undefined ? undefined : fleet.claims.get(`mac:${mac}`);
		const claimants = byMac ?? (uuid === undefined ? undefined : fleet.claims.get(`uuid:${uuid}`));
		const machine = mostTrusted([...(claimants ?? [])].flatMap((machineId) => fleet.machines.get(machineId) ?? []));
		if (!machine && !declared) return undefined;
		const nodeName = machine?.seat?.nodeName ?? declared?.nodeName;
		return {
			labels: { ...declared?.labels, ...machine?.labels },
			...(nodeName === undefined ? {} : { nodeName }),
			...(machine ? { facts: machine.facts } : {}),
		};
	}

	used(tokenId: string): boolean {
		return this.#boot.core.fleet().tokens.get(tokenId)?.usedBy !== undefined;
	}

	agent(arch: "x64" | "arm64"): AgentAsset | undefined {
		return this.#boot.agents().get(arch);
	}

	coordinators(): readonly string[] {
		return this.#boot.coordinators();
	}

	signers(): readonly string[] {
		return this.#boot.signers;
	}

	authority(): string | undefined {
		return this.#boot.authority();
	}

	record(sighting: BootSighting | MissedAsset): void {
		this.#boot.record(sighting);
	}
}

/** True when a declared UUID means the one that a machine boots with, in either order of bytes; junk means none. */
function namesUuid(declared: string | undefined, uuid: string | undefined): boolean {
	const plausible = plausibleUuid(declared);
	return (
		plausible !== undefined && uuid !== undefined && [plausible, swappedUuid(plausible)].includes(uuid.toLowerCase())
	);
}
