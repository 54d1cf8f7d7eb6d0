import { nearest, ownValue } from "@rollcall/protocol";
import { isAlias, isMap, isScalar, isSeq, type LineCounter, type Node } from "yaml";
import { dataUrl } from "../data-url.ts";
import { type Finding, pathText } from "../finding.ts";
import { type Field, ignitionName, type Shape } from "./shapes.ts";

/** Contents of `local` files, by their paths from the folder that they lie in. */
export type LocalFiles = ReadonlyMap<string, string | Uint8Array>;

type Path = readonly (string | number)[];
type Json = Record<string, unknown>;

/** What a translation knows and finds on its way through one document. */
export interface Translation {
	/** Minor version of the Ignition spec that is written. */
	readonly minor: number;
	readonly lines: LineCounter;
	readonly files: LocalFiles;
	readonly findings: Finding[];
	/** From a path of the Ignition document to its place in the YAML: for what is found wrong in the result. */
	readonly origins: Map<string, { path: Path; line: number | undefined }>;
}

/** The line of a node, from 1. */
function lineOf(translation: Translation, node: Node | null | undefined): number | undefined {
	const start = node?.range?.[0];
	return start === undefined ? undefined : translation.lines.linePos(start).line;
}

/** Adds a finding at a node. */
export function say(translation: Translation, at: { node: Node | null; path: Path }, message: string): void {
	const line = lineOf(translation, at.node);
	translation.findings.push({ path: at.path, message, ...(line === undefined ? {} : { line }) });
}

interface Place {
	readonly node: Node | null;
	readonly path: Path;
	/** The same place in the Ignition document. */
	readonly target: Path;
}

/** Translates one value of the YAML by its shape. Undefined where nothing is left, or where it was wrong. */
export function translate(translation: Translation, place: Place, shape: Shape): unknown {
	const { node } = place;
	translation.origins.set(pathText(place.target), { path: place.path, line: lineOf(translation, node) });
	if (isScalar(node) && node.value === null) return undefined;
	if (isAlias(node)) return wrong(translation, place, "the value itself, not an alias,");
	if (shape.kind === "list") {
		if (!isSeq(node)) return wrong(translation, place, "a list");
		return node.items.flatMap((item, index) => {
			const below = { node: item as Node, path: [...place.path, index], target: [...place.target, index] };
			const value = translate(translation, below, shape.of);
			return value === undefined ? [] : [value];
		});
	}
	if (shape.kind === "object" || shape.kind === "resource") return translateMap(translation, place, shape);
	if (!isScalar(node))
		return wrong(translation, place, { text: "a text", whole: "a number", flag: "true or false" }[shape.kind]);
	if (shape.kind === "flag")
		return typeof node.value === "boolean" ? node.value : wrong(translation, place, "true or false");
	if (shape.kind === "whole") return wholeNumber(translation, place, node);
	if (typeof node.value === "string") return node.value;
	// A number or a flag where a text is meant: as it was written.
	return typeof node.source === "string" ? node.source : wrong(translation, place, "a text");
}

function wholeNumber(translation: Translation, place: Place, node: { value: unknown; source?: string }): unknown {
	// Butane reads YAML as Go does: a leading zero means octal.
	const octal = /^0o?([0-7]+)$/.exec(node.source ?? "");
	const value = octal?.[1] ? Number.parseInt(octal[1], 8) : node.value;
	if (!Number.isSafeInteger(value)) return wrong(translation, place, "a whole number");
	if (place.path.at(-1) === "mode" && !octal && (value as number) > 0o777 && /^[0-7]{3}$/.test(node.source ?? "")) {
		return wrong(translation, place, `an octal number: write 0${node.source}`);
	}
	return value;
}

function wrong(translation: Translation, place: Place, wanted: string): undefined {
	say(translation, place, `${wanted} is wanted here`);
	return undefined;
}

function translateMap(
	translation: Translation,
	place: Place,
	shape: Shape & { fields: Readonly<Record<string, Field>> },
): unknown {
	if (!isMap(place.node)) return wrong(translation, place, "an object");
	const result: Json = {};
	const sugar = new Map<string, string>();
	for (const pair of place.node.items) {
		const key = pair.key as Node;
		const name = isScalar(key) ? String(key.value) : "";
		const path = [...place.path, name];
		const field = ownValue(shape.fields, name);
		if (!field) {
			unknownField(translation, { node: key, path }, { name, known: Object.keys(shape.fields) });
			continue;
		}
		if (field.refused) say(translation, { node: key, path }, field.refused);
		else if ((field.since ?? 0) > translation.minor) {
			say(
				translation,
				{ node: key, path },
				`this came with Ignition spec 3.${field.since}.0; the document's version stands for 3.${translation.minor}.0`,
			);
		} else {
			const to = ignitionName(name, field);
			const below = { node: pair.value as Node | null, path, target: [...place.target, to] };
			const value = translate(translation, below, field.shape);
			if (value === undefined) continue;
			if (!field.sugar) result[to] = value;
			else if (name === "ssh_authorized_keys_local")
				localKeys(translation, { ...below, names: value as string[] }, result);
			else if (typeof value === "string") sugar.set(name, value);
		}
	}
	if (shape.kind === "resource") return contents(translation, place, { result, sugar });
	const local = sugar.get("contents_local");
	if (local !== undefined) {
		if (result.contents !== undefined) say(translation, place, "contents or contents_local, not both");
		result.contents = localText(translation, place, local);
	}
	return result;
}

function unknownField(
	translation: Translation,
	at: { node: Node; path: Path },
	field: { name: string; known: string[] },
): void {
	const meant = nearest(field.name, field.known);
	const line = lineOf(translation, at.node);
	translation.findings.push({
		path: at.path,
		message: "there is no such field",
		...(line === undefined ? {} : { line }),
		...(meant === undefined ? {} : { suggestion: `did you mean ${meant}?` }),
	});
}

function localFile(translation: Translation, place: Place, name: string): string | Uint8Array | undefined {
	const content = translation.files.get(plainPath(name));
	if (content === undefined) say(translation, place, `the local file ${name} was not given along`);
	return content;
}

/** `./a//b` is `a/b`. What leads out of the folder stays as it is, and nothing has such a name. */
function plainPath(name: string): string {
	return name
		.split("/")
		.filter((part, index) => part !== "." && (part !== "" || index === 0))
		.join("/");
}

/** A local file where only text has a place. */
function localText(translation: Translation, place: Place, name: string): string | undefined {
	const content = localFile(translation, place, name);
	if (content === undefined || typeof content === "string") return content;
	try {
		return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(content);
	} catch {
		say(translation, place, `the local file ${name} is not UTF-8 text`);
		return undefined;
	}
}

function localKeys(translation: Translation, place: Place & { names: string[] }, user: Json): void {
	const keys = place.names.flatMap((name) => (localText(translation, place, name) ?? "").split("\n"));
	const found = keys.map((key) => key.trim()).filter((key) => key !== "" && !key.startsWith("#"));
	user.sshAuthorizedKeys = [...((user.sshAuthorizedKeys as string[] | undefined) ?? []), ...found];
}

/** `inline` and `local` become a data URL. The compression is named, so that none is inherited by a merge. */
function contents(translation: Translation, place: Place, given: { result: Json; sugar: Map<string, string> }): Json {
	const { result, sugar } = given;
	const inline = sugar.get("inline");
	const local = sugar.get("local");
	const sources = [inline, local, result.source].filter((source) => source !== undefined);
	if (sources.length > 1) say(translation, place, "one of source, inline and local, not several");
	const content = inline ?? (local === undefined ? undefined : localFile(translation, place, local));
	if (content === undefined) return result;
	return { ...result, source: dataUrl(content), ...(result.compression === undefined ? { compression: "" } : {}) };
}
