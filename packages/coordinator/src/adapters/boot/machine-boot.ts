import type { BootDocument } from "@rollcall/protocol";
import { findingText } from "../../boot/finding.ts";
import type { NamedPart } from "../../boot/ignition/compose.ts";
import type { MachineBoot } from "../../boot/ignition/own-part.ts";
import { readIgnitionPart } from "../../boot/ignition/parts.ts";
import { type Asked, type Chosen, Refusal } from "./answers.ts";
import type { BootCore } from "./boot-core.ts";

/** How long an enrollment token is good: from Ignition's fetch to the agent's first word. */
const ENROLL_TOKEN_SECONDS = 600;

/** Reads the operator's parts once per document. */
export class PartReader {
	readonly #read = new WeakMap<BootDocument, Map<string, NamedPart>>();

	/** The parts of a profile, in its order. Throws Refusal with what is wrong with one. */
	parts(document: BootDocument, names: readonly string[]): NamedPart[] {
		const known = this.#read.get(document) ?? new Map<string, NamedPart>();
		this.#read.set(document, known);
		return names.map((name) => {
			const before = known.get(name);
			if (before) return before;
			const part = document.parts[name];
			if (!part) throw new Refusal(500, `part ${name} is not declared`);
			const read = readIgnitionPart(part);
			if (!read.ok) throw new Refusal(500, `part ${name}: ${read.findings.map(findingText).join("; ")}`);
			const named = { name, config: read.config };
			known.set(name, named);
			return named;
		});
	}
}

/** What a machine gets, before it has its token. Throws Refusal where there is no agent to give. */
export function machineBoot(core: BootCore, asked: Asked, how: { chosen: Chosen; base: string }): MachineBoot {
	const document = core.document();
	const { chosen, base } = how;
	const hostname = asked.known?.nodeName;
	const named = new Set(document.users.map(({ name }) => name));
	const users = [...document.users, ...core.users().filter(({ name }) => !named.has(name))];
	const common = { ...(hostname ? { hostname } : {}), users, network: document.network };
	if (!chosen.tokenId) return common;
	const arch = asked.query.request.arch ?? asked.known?.facts?.cpu.arch ?? "x64";
	const agent = arch === "other" ? undefined : core.agent(arch);
	if (!agent) throw new Refusal(503, `there is no agent for ${arch} among the assets; add one`);
	const download = { url: `${base}/assets/${agent.asset}`, sha512: agent.sha512 };
	return { ...common, agent: { download, coordinators: core.coordinators(), enrollToken: "" } };
}

/** Exchanges the boot token for the enrollment token. The second machine to ask is refused. Throws Refusal. */
export async function withEnrollToken(
	core: BootCore,
	machine: MachineBoot,
	how: { asked: Asked; chosen: Chosen },
): Promise<MachineBoot> {
	const { tokenId } = how.chosen;
	const { mac } = how.asked.query.request;
	if (!machine.agent || !tokenId || !mac) return machine;
	const issued = await core.enrollToken({ tokenId, mac, lifeSeconds: ENROLL_TOKEN_SECONDS });
	if (issued.kind === "problem") throw new Refusal(503, issued.problem.message);
	if (issued.kind === "used") throw new Refusal(403, "the boot token was used before; boot again");
	return { ...machine, agent: { ...machine.agent, enrollToken: issued.token } };
}
