import type { BootDocument, BootRequest, BootUser, Mac, Problem } from "@rollcall/protocol";
import type { KnownMachine } from "../../boot/match.ts";
import type { BootSighting } from "../../boot/waterfall/sighting.ts";

/** The answer to a wish for an enrollment token. `used`: there was one of this id before. */
export type IssuedEnrollToken =
	| { readonly kind: "created"; readonly token: string }
	| { readonly kind: "used" }
	| { readonly kind: "problem"; readonly problem: Problem };

/** What the boot endpoints need of the coordinator. */
export interface BootCore {
	/** What the operator declared. The same object for as long as it does not change. */
	document(): BootDocument;
	/** People's accounts of the cluster document; the boot document's go before. */
	users(): readonly BootUser[];
	/** What is known of the machine that asks. */
	known(request: BootRequest): KnownMachine | undefined;
	/**
	 * Makes the enrollment token that Ignition brings: single use, bound to the MAC, good for `lifeSeconds`. The id stands for
	 * the boot token; one that was there before must answer `used`, also after a restart and on every replica, which is what
	 * makes boot tokens single use.
	 */
	enrollToken(wish: {
		readonly tokenId: string;
		readonly mac: Mac;
		readonly lifeSeconds: number;
	}): Promise<IssuedEnrollToken>;
	/** The gzip-compressed agent for an architecture: the asset's name, and the SHA-512 (hexadecimal) of the program in it. */
	agent(arch: "x64" | "arm64"): { readonly asset: string; readonly sha512: string } | undefined;
	/** Base URLs of the coordinators' API, for the agent's configuration. */
	coordinators(): readonly string[];
	/** Takes note of what was seen, at a bounded cost: anybody can ask. */
	record(sighting: BootSighting): void;
}
