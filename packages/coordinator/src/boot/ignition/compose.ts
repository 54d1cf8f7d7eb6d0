import type { IgnitionConfig, IgnitionVersion } from "@rollcall/protocol";
import { NotInLegacyIgnition } from "../../errors.ts";
import { AGENT_PATHS } from "../agent-unit.ts";
import { findingText } from "../finding.ts";
import { checkIgnition } from "./check.ts";
import { legacyIgnition } from "./legacy.ts";
import { mergeIgnition, mergeLegacyIgnition } from "./merge.ts";
import { parseSpecVersion } from "./versions.ts";

type Json = Record<string, unknown>;

/** A part of the operator, already checked or converted. */
export interface NamedPart {
	readonly name: string;
	readonly config: Json;
}

/** The configuration that a machine is served, or why there is none. */
export type Composed =
	| { readonly ok: true; readonly config: Json; readonly version: string }
	| { readonly ok: false; readonly reason: string };

/**
 * Merges the operator's parts in their order, and our own part last, so that nothing of the operator's changes the agent by
 * accident; a part that names one of the agent's files is refused. The result has the wanted version, or that of the newest
 * part. Spec 2 and spec 3 do not mix.
 */
export function composeIgnition(own: IgnitionConfig, parts: readonly NamedPart[], version: IgnitionVersion): Composed {
	const legacy = version.startsWith("2.");
	for (const part of parts) {
		const spec = String((part.config.ignition as Json | undefined)?.version);
		const major = parseSpecVersion(spec)?.[0];
		if ((major === 2) !== legacy) {
			return {
				ok: false,
				reason: `part ${part.name} is of spec ${spec}, the profile wants ${version}; 2 and 3 do not mix`,
			};
		}
		const taken = takenPath(part.config);
		if (taken) return { ok: false, reason: `part ${part.name} sets ${taken}, which is rollcall's own` };
	}
	const configs = parts.map((part) => part.config);
	if (legacy) return composeLegacy(own, configs, version as "2.1.0" | "2.2.0" | "2.3.0");
	const base: Json = { ignition: { version } };
	const merged = [...configs, own as Json].reduce(mergeIgnition, base);
	const checked = checkIgnition(merged);
	if (checked.ok) return { ok: true, config: merged, version: checked.version };
	return { ok: false, reason: `the parts do not fit together: ${checked.findings.map(findingText).join("; ")}` };
}

function composeLegacy(own: IgnitionConfig, parts: readonly Json[], version: "2.1.0" | "2.2.0" | "2.3.0"): Composed {
	try {
		const config = [...parts, legacyIgnition(own, version)].reduce(mergeLegacyIgnition, { ignition: { version } });
		return { ok: true, config, version: String((config.ignition as Json).version) };
	} catch (error) {
		if (error instanceof NotInLegacyIgnition) return { ok: false, reason: error.message };
		throw error;
	}
}

/** The first path or unit of a part that belongs to the agent. */
function takenPath(config: Json): string | undefined {
	const reserved = new Set<string>([AGENT_PATHS.binary, AGENT_PATHS.config, AGENT_PATHS.token]);
	const storage = config.storage as Record<string, { path?: string }[] | undefined> | undefined;
	for (const kind of ["files", "directories", "links"]) {
		for (const node of storage?.[kind] ?? []) {
			const path = node.path ?? "";
			if (reserved.has(path)) return path;
			// A link in the way would lead the agent's files elsewhere.
			if (kind === "links" && [...reserved].some((own) => own.startsWith(`${path}/`))) return path;
		}
	}
	const units = (config.systemd as { units?: { name?: string; contents?: unknown; mask?: unknown }[] } | undefined)
		?.units;
	// Drop-ins are the operator's right.
	const unit = units?.find((entry) => entry.name === AGENT_PATHS.unit);
	return unit && (unit.contents !== undefined || unit.mask !== undefined) ? AGENT_PATHS.unit : undefined;
}
