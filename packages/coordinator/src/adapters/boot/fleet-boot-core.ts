import { randomBytes } from "node:crypto";
import {
	type BootDocument,
	type BootRequest,
	type BootUser,
	type Mac,
	sha256Of,
	type Timestamp,
} from "@rollcall/protocol";
import type { KnownMachine } from "../../boot/match.ts";
import type { BootSighting } from "../../boot/waterfall/sighting.ts";
import type { Core } from "../../ports.ts";
import type { AgentAsset } from "./agent-assets.ts";
import type { BootCore, IssuedEnrollToken } from "./boot-core.ts";

/** What the boot endpoints of a fleet are made of. */
export interface FleetBoot {
	/** The event log: what is known of machines, and where enrollment tokens are made. */
	readonly core: Pick<Core, "fleet" | "submit">;
	readonly document: () => BootDocument;
	readonly agents: () => ReadonlyMap<"x64" | "arm64", AgentAsset>;
	readonly coordinators: () => readonly string[];
	readonly now: () => Timestamp;
	/** Hears of everything that is seen; must bound what it keeps. */
	readonly record: (sighting: BootSighting) => void;
}

/**
 * The boot endpoints' view of the fleet. A boot token is used up by making the enrollment token that has its id: the log
 * takes an id once, on whatever replica and after whatever restart. Expired ids may be forgotten: the enrollment token
 * lives longer than the boot token that it was made for.
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
			(machine) =>
				(machine.mac !== undefined && machine.mac === mac) || (machine.uuid !== undefined && machine.uuid === uuid),
		);
		// A MAC tells machines apart better than a UUID, which firmware may hand out twice.
		const byMac = mac === undefined ? undefined : fleet.claims.get(`mac:${mac}`);
		const claimants = byMac ?? (uuid === undefined ? undefined : fleet.claims.get(`uuid:${uuid}`));
		const [only, another] = claimants ?? [];
		const machine = only === undefined || another !== undefined ? undefined : fleet.machines.get(only);
		if (!machine && !declared) return undefined;
		const nodeName = machine?.seat?.nodeName ?? declared?.nodeName;
		return {
			labels: { ...declared?.labels, ...machine?.labels },
			...(nodeName === undefined ? {} : { nodeName }),
			...(machine ? { facts: machine.facts } : {}),
		};
	}

	async enrollToken(wish: { tokenId: string; mac: Mac; lifeSeconds: number }): Promise<IssuedEnrollToken> {
		const token = `rct_${randomBytes(32).toString("base64url")}`;
		const answer = await this.#boot.core.submit({
			kind: "create-token",
			tokenId: wish.tokenId,
			hash: sha256Of(token),
			scope: "enroll",
			expiresAt: this.#boot.now() + wish.lifeSeconds * 1000,
			mac: wish.mac,
			labels: {},
			by: "boot",
		});
		if (answer.kind === "ok") return { kind: "created", token };
		if (answer.kind !== "problem") throw new Error(`a token was answered with ${answer.kind}`);
		return answer.problem.code === "conflict" ? { kind: "used" } : { kind: "problem", problem: answer.problem };
	}

	agent(arch: "x64" | "arm64"): AgentAsset | undefined {
		return this.#boot.agents().get(arch);
	}

	coordinators(): readonly string[] {
		return this.#boot.coordinators();
	}

	record(sighting: BootSighting): void {
		this.#boot.record(sighting);
	}
}
