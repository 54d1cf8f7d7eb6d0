import { BootDocument, check, Name, type Problem, Profile } from "@rollcall/protocol";
import { convertButane } from "./butane/convert.ts";
import { findingText } from "./finding.ts";
import { checkIgnition } from "./ignition/check.ts";

/** A boot document made of a matchbox data folder, with what a person should look at; or why there is none. */
export type Imported =
	| { readonly ok: true; readonly document: BootDocument; readonly remarks: readonly string[] }
	| { readonly ok: false; readonly problem: Problem };

type Json = Record<string, unknown>;

interface Import {
	readonly remarks: string[];
	readonly names: Map<string, string>;
	readonly parts: Record<string, { format: "ignition" | "butane"; text: string }>;
}

/**
 * Reads a matchbox data folder: `files` holds the text of everything below `groups/`, `profiles/` and `ignition/`, by its
 * path. URLs of matchbox itself become placeholders, so that they lead here. The machines boot as they did, without the
 * agent: set `agent: true` on a profile to let its machines answer the roll call.
 */
export function importMatchbox(files: ReadonlyMap<string, string>): Imported {
	const state: Import = { remarks: [], names: new Map(), parts: {} };
	const read = (folder: string) =>
		[...files]
			.filter(([path]) => path.startsWith(`${folder}/`) && path.endsWith(".json"))
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.flatMap(([path, text]) => {
				const value = parseJson(text);
				if (!value) state.remarks.push(`${path}: not a JSON object, left out`);
				return value ? [{ path, value }] : [];
			});
	const profiles = read("profiles").flatMap(({ path, value }) => importProfile(path, value, { files, state }) ?? []);
	const known = new Set(profiles.map((profile) => profile.name));
	const taken = new Set<string>();
	const groups = read("groups").flatMap(({ path, value }) => {
		const profile = state.names.get(String(value.profile)) ?? "";
		if (!known.has(profile)) {
			state.remarks.push(`${path}: its profile ${String(value.profile)} is not there, left out`);
			return [];
		}
		const request = value.selector as Json | undefined;
		return [
			{
				name: groupName(path, value, taken),
				profile,
				selector: request && Object.keys(request).length > 0 ? { request } : {},
				metadata: (value.metadata as Json | undefined) ?? {},
			},
		];
	});
	if (groups.filter((group) => !("request" in group.selector)).length > 1) {
		state.remarks.push("several groups take every machine; the one whose name sorts first wins");
	}
	const document = { apiVersion: "rollcall/v1", kind: "Boot", profiles, groups, parts: state.parts };
	const checked = check(BootDocument, document, "matchbox folder");
	return checked.ok ? { ok: true, document: checked.value, remarks: state.remarks } : checked;
}

function importProfile(
	path: string,
	value: Json,
	context: { readonly files: ReadonlyMap<string, string>; readonly state: Import },
): Profile | undefined {
	const { state } = context;
	const id = String(value.id ?? path.replace(/^.*\/|\.json$/g, ""));
	const name = plainName(id);
	const boot = (value.boot as Json | undefined) ?? {};
	if (value.cloud_id || value.generic_id) state.remarks.push(`${path}: cloud_id and generic_id are not taken over`);
	const part = value.ignition_id ? importPart(String(value.ignition_id), context) : undefined;
	const candidate = {
		name,
		...(typeof value.name === "string" && /^[!-~]+(?: [!-~]+)*$/.test(value.name) ? { title: value.name } : {}),
		kernel: boot.kernel,
		initrd: list(boot.initrd).map(initrd),
		args: list(boot.args).flatMap(splitArgs).map(ownUrls),
		...(part ? { ignition: { parts: [part] } } : {}),
		agent: false,
	};
	const checked = check(Profile, candidate, path);
	if (!checked.ok) {
		state.remarks.push(`${checked.problem.message}; left out`);
		return undefined;
	}
	state.names.set(id, name);
	return checked.value;
}

function importPart(
	id: string,
	context: { readonly files: ReadonlyMap<string, string>; readonly state: Import },
): string | undefined {
	const { files, state } = context;
	const text = files.get(`ignition/${id}`);
	const leftOut = (reason: string) => {
		state.remarks.push(`ignition/${id}: ${reason}; left out`);
		return undefined;
	};
	if (text === undefined) return leftOut("the file is not there");
	const name = plainName(id);
	const format = /\.ign(?:ition)?$/.test(id) ? "ignition" : "butane";
	if (format === "butane" && text.includes("{{")) return leftOut("it is a Go template, and there are none here");
	const read = format === "butane" ? convertButane(text) : checkJson(text);
	if (!read.ok) return leftOut(read.findings.map(findingText).join("; "));
	state.parts[name] = { format, text };
	return name;
}

function checkJson(text: string): ReturnType<typeof checkIgnition> {
	return checkIgnition(parseJson(text));
}

function parseJson(text: string): Json | undefined {
	try {
		const value: unknown = JSON.parse(text);
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
	} catch {
		return undefined;
	}
}

function list(value: unknown): string[] {
	return Array.isArray(value) ? value.map(String) : [];
}

/** `--name main /assets/x` as iPXE takes it. */
function initrd(text: string): { url: string; name?: string } {
	const named = /^--name[ =](\S+) +(\S+)$/.exec(text.trim());
	return named ? { url: named[2] ?? "", name: named[1] ?? "" } : { url: text.trim() };
}

/** matchbox joins its arguments with blanks, so one may hold several. */
function splitArgs(text: string): string[] {
	return text.match(/(?:[^\s"]|"[^"]*")+/g) ?? [];
}

/** URLs of matchbox lead here. */
function ownUrls(arg: string): string {
	return arg
		.replace(/=https?:\/\/[^/]+\/ignition(?:\?\S*)?$/, "={{ignition}}")
		.replace(/=https?:\/\/[^/]+\/assets\//, "={{assets}}/");
}

function groupName(path: string, value: Json, taken: Set<string>): string {
	const id = plainName(String(value.id ?? path.replace(/^.*\/|\.json$/g, "")));
	const folder = plainName(path.split("/").slice(1, -1).join("-"));
	const candidates = [
		id,
		...(folder ? [`${folder}-${id}`] : []),
		...Array.from({ length: 100 }, (_, n) => `${id}-${n + 2}`),
	];
	const name = candidates.find((candidate) => !taken.has(candidate) && Name.safeParse(candidate).success) ?? id;
	taken.add(name);
	return name;
}

function plainName(id: string): string {
	return id
		.toLowerCase()
		.replaceAll(/[^a-z0-9-]+/g, "-")
		.slice(0, 63)
		.replaceAll(/^-+|-+$/g, "");
}
