import { BootDocument, type BootRequest, type BootUser } from "@rollcall/protocol";
import type { BootCore } from "../../../src/adapters/boot/boot-core.ts";
import type { KnownMachine } from "../../../src/boot/match.ts";
import type { BootSighting, MissedAsset } from "../../../src/boot/waterfall/sighting.ts";

/** A core that keeps everything in memory, as the event log would: which tokens were used, and all sightings. */
export class InMemoryBootCore implements BootCore {
	declared: BootDocument;
	agentAsset: { asset: string; sha512: string } | undefined = {
		asset: "rollcall/agent-x64.gz",
		sha512: "ab".repeat(64),
	};
	readonly machines = new Map<string, KnownMachine>();
	/** Ids of enrollment tokens with which an agent enrolled. */
	readonly usedTokens = new Set<string>();
	readonly sightings: BootSighting[] = [];
	readonly missed: MissedAsset[] = [];

	constructor(document: object) {
		this.declared = BootDocument.parse({ apiVersion: "rollcall/v1", kind: "Boot", ...document });
	}

	document(): BootDocument {
		return this.declared;
	}

	clusterUsers: BootUser[] = [];

	users(): readonly BootUser[] {
		return this.clusterUsers;
	}

	known(request: BootRequest): KnownMachine | undefined {
		return request.mac === undefined ? undefined : this.machines.get(request.mac);
	}

	used(tokenId: string): boolean {
		return this.usedTokens.has(tokenId);
	}

	agent(arch: "x64" | "arm64"): { asset: string; sha512: string } | undefined {
		return arch === "x64" ? this.agentAsset : undefined;
	}

	coordinators(): readonly string[] {
		return ["http://192.0.2.1:7080"];
	}

	authority(): string | undefined {
		return undefined;
	}

	signers(): readonly string[] {
		return [`U${"A".repeat(55)}`];
	}

	record(sighting: BootSighting | MissedAsset): void {
		if (sighting.outcome === "missed") this.missed.push(sighting);
		else this.sightings.push(sighting);
	}

	/** Stage, outcome and reason of everything that was seen. */
	seen(): string[] {
		return this.sightings.map(({ stage, outcome, reason }) => [stage, outcome, reason].filter(Boolean).join(" "));
	}
}
