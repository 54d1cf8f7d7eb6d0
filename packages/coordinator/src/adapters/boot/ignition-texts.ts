import { randomBytes } from "node:crypto";
import type { BootDocument, Profile } from "@rollcall/protocol";
import { isPlain } from "../../boot/data-url.ts";
import { composeIgnition } from "../../boot/ignition/compose.ts";
import { type MachineBoot, ownIgnitionPart } from "../../boot/ignition/own-part.ts";
import { Refusal } from "./answers.ts";
import { PartReader } from "./machine-boot.ts";

/** So many texts are kept for a boot document: profiles, times the ways in which its machines differ beside name and token. */
const MOST_TEXTS = 64;

/**
 * Ignition configurations as text. Machines of a profile differ in little more than their name and their token, so a configuration is merged, checked
 * and written once, with other words in the place of these two, which are put in for each machine. Both stand in a `data:` URL as they are.
 */
export class IgnitionTexts {
	readonly #reader = new PartReader();
	readonly #known = new WeakMap<BootDocument, Map<string, string>>();
	/** Nobody can know them, so that no part of an operator holds them. */
	readonly #hostname = `h${randomBytes(16).toString("hex")}`;
	readonly #token = `t${randomBytes(16).toString("hex")}`;

	/** The configuration of a machine. Throws Refusal where its profile has none. */
	text(document: BootDocument, profile: Profile, machine: MachineBoot): string {
		const { hostname, agent } = machine;
		if (![hostname, agent?.enrollToken].every((word) => word === undefined || isPlain(word)))
			return this.#compose(document, profile, machine);
		const like: MachineBoot = {
			...machine,
			...(hostname === undefined ? {} : { hostname: this.#hostname }),
			...(agent ? { agent: { ...agent, enrollToken: this.#token } } : {}),
		};
		const known = this.#known.get(document) ?? new Map<string, string>();
		this.#known.set(document, known);
		const key = JSON.stringify([profile.name, like]);
		const text = known.get(key) ?? this.#compose(document, profile, like);
		known.delete(key);
		known.set(key, text);
		for (const oldest of known.keys()) {
			if (known.size <= MOST_TEXTS) break;
			known.delete(oldest);
		}
		return text.replace(this.#hostname, hostname ?? "").replace(this.#token, agent?.enrollToken ?? "");
	}

	#compose(document: BootDocument, profile: Profile, machine: MachineBoot): string {
		const wanted = profile.ignition;
		if (!wanted) throw new Refusal(404, `profile ${profile.name} has no Ignition configuration`);
		const parts = this.#reader.parts(document, wanted.parts);
		const composed = composeIgnition(ownIgnitionPart(machine), parts, wanted.version);
		if (!composed.ok) throw new Refusal(500, `profile ${profile.name}: ${composed.reason}`);
		return JSON.stringify(composed.config);
	}
}
