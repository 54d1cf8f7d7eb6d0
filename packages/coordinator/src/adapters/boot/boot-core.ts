import type { BootDocument, BootRequest, BootUser } from "@rollcall/protocol";
import type { KnownMachine } from "../../boot/match.ts";
import type { BootSighting, MissedAsset } from "../../boot/waterfall/sighting.ts";

/** What the boot endpoints need of the coordinator. */
export interface BootCore {
	/** What the operator declared. The same object for as long as it does not change. */
	document(): BootDocument;
	/** People's accounts of the cluster document; the boot document's go before. */
	users(): readonly BootUser[];
	/** What is known of the machine that asks. */
	known(request: BootRequest): KnownMachine | undefined;
	/** True once the enrollment token of this id was used, by whatever boot and on whatever replica. */
	used(tokenId: string): boolean;
	/** The gzip-compressed agent for an architecture: the asset's name, and the SHA-512 (hexadecimal) of the program in it. */
	agent(arch: "x64" | "arm64"): { readonly asset: string; readonly sha512: string } | undefined;
	/** Base URLs of the coordinators' API, for the agent's configuration. */
	coordinators(): readonly string[];
	/** The public nkeys of the fleet, which the agent pins. */
	signers(): readonly string[];
	/** The authorities that certificates of coordinators and of the bus are by, PEM; undefined where machines know them anyway. */
	authority(): string | undefined;
	/** Takes note of what was seen, at a bounded cost: anybody can ask. */
	record(sighting: BootSighting | MissedAsset): void;
}
