import {
	BootDocument,
	check,
	decode,
	encode,
	Group,
	type IgnitionPart,
	IgnitionVersion,
	ownValue,
	type Problem,
	Profile,
} from "@rollcall/protocol";
import { z } from "zod";
import { convertButane } from "../butane/convert.ts";
import { bootProblems } from "../document.ts";
import { findingText } from "../finding.ts";
import { checkIgnition } from "../ignition/check.ts";
import { initrdOf, kernelArgs, ownHosts, ownSource, ownUrls, safeSettings } from "./arguments.ts";
import { freeName } from "./names.ts";
import { fillTemplate, isTemplate } from "./template.ts";
import { wordOf } from "./word.ts";

/**
 * A boot document made of a matchbox data folder, or why there is none. `leftOut`: what machines booted with and do not any
 * more; `remarks`: what a person should know.
 */
export type Imported =
	| {
			readonly ok: true;
			readonly document: BootDocument;
			readonly leftOut: readonly string[];
			readonly remarks: readonly string[];
	  }
	| { readonly ok: false; readonly problem: Problem };

type Json = Record<string, unknown>;

const DOCUMENT = { apiVersion: "rollcall/v1", kind: "Boot" } as const;
/** As deep as it lies in a document. */
const Groups = z.strictObject({ groups: z.array(Group) });

interface Import {
	readonly files: ReadonlyMap<string, string>;
	readonly hosts: ReadonlySet<string>;
	readonly leftOut: string[];
	readonly remarks: string[];
	/** Profiles by the name of their file, as matchbox finds them, whatever id it says. */
	readonly profiles: Map<string, Profile>;
	/** Those whose part is filled in for each group: the part's file. */
	readonly templates: Map<string, string>;
	/** Profiles that were made for one group. */
	readonly filled: Profile[];
	readonly parts: Record<string, IgnitionPart>;
	/** Names that are taken. */
	readonly taken: { readonly profiles: Set<string>; readonly groups: Set<string>; readonly parts: Set<string> };
	/** The part of a file that was taken over; undefined for one that could not be. */
	readonly whole: Map<string, string | undefined>;
}

/**
 * Reads a matchbox data folder: `files` holds the text of everything below `groups/`, `profiles/` and `ignition/`, by its
 * path. URLs of matchbox itself lead here. What cannot be taken over is left out and named; the rest boots as it did, without
 * the agent: set `agent: true` on a profile to let its machines answer the roll call.
 */
export function importMatchbox(files: ReadonlyMap<string, string>): Imported {
	const leftOut: string[] = [];
	const read = (folder: string) =>
		[...files]
			.filter(([path]) => path.startsWith(`${folder}/`) && path.endsWith(".json"))
			.sort(([a], [b]) => (a < b ? -1 : 1))
			.flatMap(([path, text]) => {
				const value = parseJson(text);
				if (!value)
					leftOut.push(`${path}: not a JSON object${text.includes("__proto__") ? " without a key __proto__" : ""}`);
				return value ? [{ path, value }] : [];
			});
	const profiles = read("profiles");
	const state: Import = {
		files,
		hosts: ownHosts(profiles.flatMap(({ value }) => kernelArgs(bootOf(value)))),
		leftOut,
		remarks: [],
		profiles: new Map(),
		templates: new Map(),
		filled: [],
		parts: {},
		taken: { profiles: new Set(), groups: new Set(), parts: new Set() },
		whole: new Map(),
	};
	for (const { path, value } of profiles) importProfile(path, value, state);
	const groups = read("groups").flatMap(({ path, value }) => importGroup(path, value, state) ?? []);
	if (groups.filter((group) => group.selector.request === undefined).length > 1)
		state.remarks.push("several groups take every machine; the one whose name sorts first wins");
	const document = {
		...DOCUMENT,
		profiles: [...state.profiles.values(), ...state.filled],
		groups,
		parts: state.parts,
	};
	const checked = check(BootDocument, document, "matchbox folder");
	if (!checked.ok) return checked;
	return { ok: true, document: withoutFaulty(checked.value, leftOut), leftOut, remarks: state.remarks };
}

function bootOf(value: Json): Json {
	return typeof value.boot === "object" && value.boot !== null ? (value.boot as Json) : {};
}

/** The name of a file without its folder and `.json`. */
function baseName(path: string): string {
	return path.replace(/^.*\/|\.json$/g, "");
}

function importProfile(path: string, value: Json, state: Import): void {
	const id = baseName(path);
	if (state.profiles.has(id)) {
		state.leftOut.push(`${path}: there is a profile ${id} in another folder already`);
		return;
	}
	const boot = bootOf(value);
	for (const lost of ["cloud_id", "generic_id"])
		if (value[lost]) state.leftOut.push(`${path}: its ${lost} ${wordOf(value[lost])}`);
	for (const list of ["initrd", "args"])
		if (boot[list] !== undefined && boot[list] !== null && !Array.isArray(boot[list]))
			state.leftOut.push(`${path}: its boot.${list}: not a list`);
	const partId = value.ignition_id ? wordOf(value.ignition_id) : undefined;
	const text = partId === undefined ? undefined : state.files.get(`ignition/${partId}`);
	const template = text !== undefined && isTemplate(text);
	const part = partId === undefined || template ? undefined : wholePart(partId, text, state);
	const args = kernelArgs(boot);
	const safe = args.map((arg) => safeSettings(ownUrls(arg)));
	for (const arg of args)
		if (safeSettings(arg) !== arg)
			state.remarks.push(`${path}: ${arg.slice(0, 80)}: its setting is percent-encoded now`);
	for (const lost of args.filter((arg) => /=https?:\/\/[^/]+\/(?:generic|cloud)\b/.test(arg)))
		state.leftOut.push(`${path}: ${lost.slice(0, 80)}: there is no such endpoint here`);
	const candidate = {
		name: freeName(path, id, state.taken.profiles),
		...(typeof value.name === "string" && /^[!-~]+(?: [!-~]+)*$/.test(value.name) ? { title: value.name } : {}),
		...(boot.kernel ? { kernel: ownSource(boot.kernel, state.hosts) } : {}),
		initrd: Array.isArray(boot.initrd) ? boot.initrd.map((one) => initrdOf(wordOf(one), state.hosts)) : [],
		args: safe,
		...(part ? { ignition: { ...legacyVersion(ownValue(state.parts, part)), parts: [part] } } : {}),
		agent: false,
	};
	const checked = check(Profile, candidate, path);
	const alone = { ...DOCUMENT, profiles: [candidate], parts: state.parts };
	// Faults that only a whole document has, such as a placeholder that is none.
	const served = checked.ok ? check(BootDocument, alone, path) : checked;
	if (!checked.ok || !served.ok) {
		if (!served.ok) state.leftOut.push(served.problem.message.replace(": profiles.0.", ": "));
		return;
	}
	state.profiles.set(id, checked.value);
	if (template && partId !== undefined) state.templates.set(id, partId);
}

/** The version of a part of spec 2, which the profile then has to serve; nothing for one of spec 3. */
function legacyVersion(part: IgnitionPart | undefined): { readonly version?: IgnitionVersion } {
	const { ignition } = (part?.format === "ignition" && parseJson(part.text)) || {};
	const version = IgnitionVersion.safeParse((ignition as Json | undefined)?.version);
	return version.success && version.data.startsWith("2.") ? { version: version.data } : {};
}

/** A file without actions becomes one part, however many profiles name it. */
function wholePart(id: string, text: string | undefined, state: Import): string | undefined {
	if (!state.whole.has(id)) state.whole.set(id, importPart(id, { text, name: id }, state));
	return state.whole.get(id);
}

/** What matchbox passes on as it is, by its name; it takes everything else for Butane. */
function formatOf(id: string): IgnitionPart["format"] {
	return /\.ign(?:ition)?$/.test(id) ? "ignition" : "butane";
}

const NO_BUTANE =
	"it names no variant, so it is no Butane: a Container Linux Config, say, which nobody reads any more; write it anew";

function hasVariant(text: string): boolean {
	return /^["']?variant["']?\s*:/m.test(text) || text.trimStart().startsWith("{");
}

/** The name of a part that was taken over; undefined where it cannot be. */
function importPart(id: string, part: { text: string | undefined; name: string }, state: Import): string | undefined {
	const { text } = part;
	const leftOut = (reason: string) => {
		state.leftOut.push(`ignition/${id}: ${reason}`);
		return undefined;
	};
	if (text === undefined) return leftOut("the file is not there");
	const format = formatOf(id);
	if (format === "butane" && !hasVariant(text)) return leftOut(NO_BUTANE);
	const read = format === "butane" ? convertButane(text) : checkIgnition(parseJson(text));
	if (!read.ok) return leftOut(read.findings.map(findingText).join("; "));
	const name = freeName(id, part.name, state.taken.parts);
	state.parts[name] = { format, text };
	return name;
}

function importGroup(path: string, value: Json, state: Import): Group | undefined {
	const id = wordOf(value.profile);
	const profile = state.profiles.get(id);
	if (!profile) {
		state.leftOut.push(`${path}: its profile ${id} is not there`);
		return undefined;
	}
	const name = freeName(path, wordOf(value.id ?? baseName(path)), state.taken.groups);
	const request = value.selector as Json | undefined;
	const metadata = value.metadata ?? {};
	const selector = request && Object.keys(request).length > 0 ? { request } : {};
	const own = filledProfile(path, { id, profile, group: name, values: { ...(metadata as Json), ...request } }, state);
	const checked = check(Group, { name, profile: own.name, selector, metadata }, path);
	// What a document holds may be nested less deeply than a file of matchbox.
	const read = checked.ok ? decode(Groups, encode({ groups: [checked.value] }), path) : checked;
	if (checked.ok && read.ok) return checked.value;
	if (!read.ok) state.leftOut.push(read.problem.message);
	return undefined;
}

/** The profile of a group; one of its own where its part is a template. */
function filledProfile(
	path: string,
	of: { id: string; profile: Profile; group: string; values: Json },
	state: Import,
): Profile {
	const file = state.templates.get(of.id);
	if (file === undefined) return of.profile;
	const text = state.files.get(`ignition/${file}`) ?? "";
	if (formatOf(file) === "butane" && !hasVariant(text)) {
		if (!state.whole.has(file)) state.leftOut.push(`ignition/${file}: ${NO_BUTANE}`);
		state.whole.set(file, undefined);
		return of.profile;
	}
	const filled = fillTemplate(text, of.values);
	if (!filled.ok) {
		state.leftOut.push(`${path}: ignition/${file} is a template: ${filled.reason}`);
		return of.profile;
	}
	const part = importPart(file, { text: filled.text, name: `${file}-${of.group}` }, state);
	if (part === undefined) return of.profile;
	const name = freeName(path, `${of.profile.name}-${of.group}`, state.taken.profiles);
	const { version = "3.3.0" } = legacyVersion(ownValue(state.parts, part));
	const profile: Profile = { ...of.profile, name, ignition: { version, parts: [part] } };
	state.filled.push(profile);
	return profile;
}

/** The document without profiles that cannot be served, and without their groups: one that is bad keeps nobody else out. */
function withoutFaulty(document: BootDocument, leftOut: string[]): BootDocument {
	const faulty = new Set<string>();
	const lost = new Set<string>();
	for (const { path, message } of bootProblems(document)) {
		const group = path[0] === "groups" ? document.groups[Number(path[1])]?.name : undefined;
		if (group !== undefined) {
			leftOut.push(`group ${group}: ${path.slice(2).join(".")}: ${message}`);
			lost.add(group);
			continue;
		}
		const name = path[0] === "profiles" ? document.profiles[Number(path[1])]?.name : undefined;
		leftOut.push(`profile ${name ?? path.join(".")}: ${message}`);
		if (name !== undefined) faulty.add(name);
	}
	const groups = document.groups.filter(({ name, profile }) => !faulty.has(profile) && !lost.has(name));
	for (const { name, profile } of document.groups)
		if (faulty.has(profile)) leftOut.push(`group ${name}: its profile ${profile} is left out`);
	return { ...document, profiles: document.profiles.filter(({ name }) => !faulty.has(name)), groups };
}

function parseJson(text: string): Json | undefined {
	try {
		// A selector that is not seen would take every machine.
		const value: unknown = JSON.parse(text, (key, one: unknown) => (key === "__proto__" ? refuseKey() : one));
		return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : undefined;
	} catch {
		return undefined;
	}
}

function refuseKey(): never {
	throw new SyntaxError("no schema sees this key");
}
