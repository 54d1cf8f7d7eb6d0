import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, normalize, relative } from "node:path";
import { ROOMS, type Room } from "./rooms.ts";

/** A file of code: its path from the root of the repository, and its text. */
export interface Source {
	readonly file: string;
	readonly text: string;
}

export interface Import {
	readonly from: string;
	/** A path from the root of the repository, or what a package or a module of Node is called by. */
	readonly to: string;
	readonly relative: boolean;
}

const FOLDERS = ["packages", "deploy", "scripts", "test", ".ci"];
const LEFT_OUT = /(?:^|\/)(?:node_modules|dist|\.cache)(?:\/|$)/;
const CODE = /\.[cm]?[jt]sx?$/;

/** All code of the repository, but for what is built or installed. */
export function readSources(root: string): Source[] {
	const list = (folder: string): string[] =>
		readdirSync(join(root, folder), { withFileTypes: true }).flatMap((entry) => {
			const path = join(folder, entry.name);
			if (LEFT_OUT.test(path)) return [];
			if (entry.isDirectory()) return folder === "" && !FOLDERS.includes(path) ? [] : list(path);
			return entry.isFile() && CODE.test(path) ? [path] : [];
		});
	return list("")
		.sort()
		.map((file) => ({ file, text: readFileSync(join(root, file), "utf8") }));
}

/** What a file imports, for types too, also where it does so late. */
export function importsOf({ file, text }: Source): Import[] {
	const whole = text.matchAll(/^(?:import|export)\s+(?:type\s)?(?:[^"';`]*?\sfrom\s+)?"([^"\n]+)";?$/gms);
	const late = text.matchAll(/\b(?:import|require)\("([^"\n]+)"\)/g);
	return [...whole, ...late].map(([, specifier = ""]) => {
		const own = specifier.startsWith(".");
		const to = own ? normalize(relative("", join(dirname(file), specifier))) : specifier;
		return { from: file, to, relative: own };
	});
}

interface Placed {
	readonly room: Room;
	readonly name: string;
	readonly caught: string;
}

/** The room of a file; undefined where no rule knows it. */
export function placeOf(file: string): Placed | undefined {
	for (const room of ROOMS) {
		const found = room.files.exec(file);
		const caught = found?.[1] ?? "";
		if (found) return { room, name: room.name.replace("$1", caught), caught };
	}
	return undefined;
}

/** What is wrong with these files: one that is in no room, and an import that its room does not allow. */
export function faultsOf(sources: readonly Source[]): string[] {
	return sources.flatMap((source) => {
		const placed = placeOf(source.file);
		if (!placed) return [`${source.file} is in no room of test/layers/rooms.ts`];
		return importsOf(source).flatMap((one) =>
			isAllowed(placed, one) ? [] : [`${one.from} (${placed.name}) imports ${one.to}`],
		);
	});
}

function isAllowed({ room, name, caught }: Placed, { to, relative: own }: Import): boolean {
	const covers = (list: readonly string[] = [], wanted: string): boolean =>
		list.some((entry) => (entry.endsWith("/") ? wanted.startsWith(entry) : wanted === entry));
	if (own) {
		const target = placeOf(to)?.name;
		const rooms = room.rooms?.map((entry) => entry.replace("$1", caught));
		// A file that is no code, package.json say, is nobody's room.
		if (target === undefined) return !CODE.test(to);
		return target === name || covers(rooms, target);
	}
	if (to.startsWith("@rollcall/")) return covers(room.packages, to);
	if (room.libraries === "any") return true;
	const library = to.startsWith("node:") ? "node:" : to;
	return (room.libraries ?? []).some((entry) => library === entry || library.startsWith(`${entry}/`));
}

/** Files that import themselves through others, each circle once. */
export function circlesOf(sources: readonly Source[]): string[] {
	const edges = new Map(
		sources.map((source) => [source.file, importsOf(source).flatMap((one) => (one.relative ? [one.to] : []))]),
	);
	const done = new Set<string>();
	const circles: string[] = [];
	const visit = (file: string, path: readonly string[]): void => {
		if (path.includes(file)) circles.push([...path.slice(path.indexOf(file)), file].join(" -> "));
		if (done.has(file) || path.includes(file)) return;
		for (const next of edges.get(file) ?? []) visit(next, [...path, file]);
		done.add(file);
	};
	for (const file of edges.keys()) visit(file, []);
	return circles;
}
