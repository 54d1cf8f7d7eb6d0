import { ownValue } from "@rollcall/protocol";

type Json = Record<string, unknown>;

/** How entries of a list are told apart (Ignition, the `Key` methods of `config/v3_3/types`). */
const KEYS: Readonly<Record<string, string>> = {
	disks: "device",
	raid: "name",
	luks: "name",
	tang: "url",
	filesystems: "device",
	files: "path",
	directories: "path",
	links: "path",
	units: "name",
	dropins: "name",
	users: "name",
	groups: "name",
	httpHeaders: "name",
	certificateAuthorities: "source",
	merge: "source",
};
/** Lists that are simply joined. */
const JOINED: ReadonlySet<string> = new Set(["append", "options", "mountOptions", "openOptions"]);
/** Lists that share their keys: what a later part says of a path in one of them removes it from the others. */
const SHARED: readonly (readonly string[])[] = [
	["directories", "files", "links"],
	["shouldExist", "shouldNotExist"],
];

/**
 * Merges a later configuration of spec 3 into an earlier one by Ignition's own rules (`config/merge/merge.go`): objects are
 * merged field by field; a value of the later one replaces that of the earlier one unless it is null or absent; entries of
 * lists with the same key are merged in the earlier one's place, the others follow; `append` and options are joined; a path
 * that the later one makes a link is no file any more. The version is the newer one of both.
 */
export function mergeIgnition(earlier: Json, later: Json): Json {
	const merged = mergeObjects(earlier, later);
	const versions = [earlier, later].map((config) => String((config.ignition as Json | undefined)?.version ?? ""));
	const newest = versions.sort((a, b) => minor(a) - minor(b)).at(-1);
	return { ...merged, ignition: { ...(merged.ignition as Json), version: newest } };
}

function minor(version: string): number {
	return Number(version.split(".")[1] ?? 0);
}

function mergeObjects(earlier: Json, later: Json): Json {
	const fields = [...new Set([...Object.keys(earlier), ...Object.keys(later)])];
	return Object.fromEntries(
		fields
			.map((field) => [field, mergeField(field, earlier, later)] as const)
			.filter(([, merged]) => merged !== undefined),
	);
}

function mergeField(field: string, earlier: Json, later: Json): unknown {
	const [before, after] = [ownValue(earlier, field), ownValue(later, field)];
	if (Array.isArray(before) || Array.isArray(after)) return mergeLists(field, earlier, later);
	if (after === undefined || after === null) return before;
	if (isObject(before) && isObject(after)) return mergeObjects(before, after);
	return after;
}

function mergeLists(field: string, earlier: Json, later: Json): unknown[] {
	const before = listOf(ownValue(earlier, field));
	const after = listOf(ownValue(later, field));
	if (JOINED.has(field)) return [...before, ...after];
	const byKey = new Map(after.map((item) => [keyOf(field, item), item]));
	const elsewhere = new Set(
		(SHARED.find((fields) => fields.includes(field)) ?? [])
			.filter((other) => other !== field)
			.flatMap((other) => listOf(later[other]).map((item) => keyOf(other, item))),
	);
	const known = new Set(before.map((item) => keyOf(field, item)));
	const kept = before.flatMap((item) => {
		const key = keyOf(field, item);
		const replacement = byKey.get(key);
		if (replacement === undefined) return elsewhere.has(key) ? [] : [item];
		if (!isObject(item) || !isObject(replacement)) return [replacement];
		// A header without a value takes the earlier one away.
		if (field === "httpHeaders" && (replacement.value === undefined || replacement.value === null)) return [];
		return [mergeObjects(item, replacement)];
	});
	return [...kept, ...after.filter((item) => !known.has(keyOf(field, item)))];
}

function keyOf(field: string, item: unknown): string {
	if (!isObject(item)) return `value:${String(item)}`;
	if (field === "partitions") {
		return item.number ? `number:${String(item.number)}` : item.label ? `label:${String(item.label)}` : "";
	}
	const key = ownValue(KEYS, field);
	return key === undefined ? JSON.stringify(item) : String(item[key] ?? "");
}

function listOf(value: unknown): readonly unknown[] {
	return Array.isArray(value) ? value : [];
}

function isObject(value: unknown): value is Json {
	return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Spec 2 has no merging of its own: lists are joined (as its `append` does), objects merged, other values replaced. */
export function mergeLegacyIgnition(earlier: Json, later: Json): Json {
	const merged = Object.entries(later).map(([field, after]) => [
		field,
		legacyField(field, ownValue(earlier, field), after),
	]);
	return Object.fromEntries([...Object.entries(earlier), ...merged]);
}

function legacyField(field: string, before: unknown, after: unknown): unknown {
	if (Array.isArray(before) && Array.isArray(after)) return [...before, ...after];
	if (isObject(before) && isObject(after)) return mergeLegacyIgnition(before, after);
	if (field === "version" && typeof before === "string") return minor(before) > minor(String(after)) ? before : after;
	return after;
}
