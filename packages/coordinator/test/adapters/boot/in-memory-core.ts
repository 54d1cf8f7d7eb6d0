import { randomBytes } from "node:crypto";
import { BootDocument, type BootRequest, type BootUser } from "@rollcall/protocol";
import type { BootCore, IssuedEnrollToken } from "../../../src/adapters/boot/boot-core.ts";
import type { KnownMachine } from "../../../src/boot/match.ts";
import type { BootSighting } from "../../../src/boot/waterfall/sighting.ts";

/** A core that keeps everything in memory, as the event log would: tokens by id, and all sightings. */
export class InMemoryBootCore implements BootCore {
	declared: BootDocument;
	agentAsset: { asset: string; sha512: string } | undefined = {
		asset: "rollcall/agent-x64.gz",
		sha512: "ab".repeat(64),
	};
	available = true;
	readonly machines = new Map<string, KnownMachine>();
	readonly tokens = new Map<string, { token: string; mac: string; lifeSeconds: number }>();
	readonly sightings: BootSighting[] = [];

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

	async enrollToken(wish: { tokenId: string; mac: string; lifeSeconds: number }): Promise<IssuedEnrollToken> {
		// Somewhere else in the meantime, as with a real log.
		await new Promise((resolve) => setImmediate(resolve));
		if (!this.available)
			return { kind: "problem", problem: { code: "not-ready", message: "the log cannot be written" } };
		if (this.tokens.has(wish.tokenId)) return { kind: "used" };
		const token = `rce_${randomBytes(16).toString("hex")}`;
		this.tokens.set(wish.tokenId, { token, mac: wish.mac, lifeSeconds: wish.lifeSeconds });
		return { kind: "created", token };
	}

	agent(arch: "x64" | "arm64"): { asset: string; sha512: string } | undefined {
		return arch === "x64" ? this.agentAsset : undefined;
	}

	coordinators(): readonly string[] {
		return ["http://192.0.2.1:7080"];
	}

	record(sighting: BootSighting): void {
		this.sightings.push(sighting);
	}

	/** Stage, outcome and reason of everything that was seen. */
	seen(): string[] {
		return this.sightings.map(({ stage, outcome, reason }) => [stage, outcome, reason].filter(Boolean).join(" "));
	}
}
