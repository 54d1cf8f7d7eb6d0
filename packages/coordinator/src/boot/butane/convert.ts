import { nearest, ownValue } from "@rollcall/protocol";
import { isMap, isScalar, LineCounter, type Node, parseDocument } from "yaml";
import type { Finding } from "../finding.ts";
import { pathText } from "../finding.ts";
import { checkIgnition } from "../ignition/check.ts";
import { mergeIgnition } from "../ignition/merge.ts";
import { parseSpecVersion } from "../ignition/versions.ts";
import { mountUnit } from "./mount-units.ts";
import { DOCUMENT, VERSIONS } from "./shapes.ts";
import { type LocalFiles, say, type Translation, translate } from "./translate.ts";

/** An Ignition configuration, or what is wrong with the YAML: all of it, by line and path. */
export type Converted =
	| { readonly ok: true; readonly config: Record<string, unknown> }
	| { readonly ok: false; readonly findings: readonly Finding[] };

/**
 * Converts Butane-style YAML (`variant: flatcar` 1.0 and 1.1, `variant: fcos` 1.0 to 1.7) to an Ignition configuration of
 * the spec that its version stands for. `files` holds what `local` fields name. No file is read and no program is run.
 */
export function convertButane(text: string, files: LocalFiles = new Map()): Converted {
	try {
		return convert(text, files);
	} catch (error) {
		// Nested so deeply that the YAML reader gave up.
		if (!(error instanceof RangeError)) throw error;
		return { ok: false, findings: [{ path: [], message: "the document is nested too deeply" }] };
	}
}

function convert(text: string, files: LocalFiles): Converted {
	const lines = new LineCounter();
	const document = parseDocument(text, { lineCounter: lines });
	const broken = document.errors.slice(0, 16).map((error) => ({
		path: [],
		line: lines.linePos(error.pos[0]).line,
		message: error.message.split("\n")[0] ?? "not YAML",
	}));
	if (broken.length > 0) return { ok: false, findings: broken };
	const root = document.contents;
	if (!isMap(root)) return { ok: false, findings: [{ path: [], line: 1, message: "a Butane document is an object" }] };
	const version = specVersion(root, lines);
	if (!version.ok) return version;
	const translation: Translation = {
		minor: parseSpecVersion(version.spec)?.[1] ?? 0,
		lines,
		files,
		findings: [],
		origins: new Map(),
	};
	const place = { node: root as unknown as Node, path: [], target: [] };
	const translated = translate(translation, place, { kind: "object", fields: DOCUMENT }) as Record<string, unknown>;
	if (version.variant === "flatcar") refuseClevis(root as unknown as Node, translation);
	const mounts = mountUnits(root as unknown as Node, translation, translated);
	if (translation.findings.length > 0) return { ok: false, findings: translation.findings };
	const written = {
		...translated,
		ignition: { version: version.spec, ...(translated.ignition as object | undefined) },
	};
	// What the document says of a generated unit wins over what was generated.
	const config = mounts ? mergeIgnition({ ignition: { version: version.spec }, ...mounts }, written) : written;
	const checked = checkIgnition(config);
	return checked.ok
		? { ok: true, config }
		: { ok: false, findings: checked.findings.map((finding) => origin(finding, translation)) };
}

type Version = { ok: true; spec: string; variant: string } | { ok: false; findings: Finding[] };

function specVersion(root: { get(key: string, keep: true): unknown }, lines: LineCounter): Version {
	const read = (key: string) => {
		const node = root.get(key, true);
		const value = isScalar(node) ? String(node.source ?? node.value) : undefined;
		return { value, line: isScalar(node) && node.range ? lines.linePos(node.range[0]).line : 1 };
	};
	const variant = read("variant");
	const versions = variant.value === undefined ? undefined : ownValue(VERSIONS, variant.value);
	if (!versions || variant.value === undefined) {
		const meant = nearest(variant.value ?? "", Object.keys(VERSIONS));
		const suggestion = meant && `did you mean ${meant}?`;
		const message = `the variant must be one of ${Object.keys(VERSIONS).join(", ")}`;
		return {
			ok: false,
			findings: [{ path: ["variant"], line: variant.line, message, ...(suggestion ? { suggestion } : {}) }],
		};
	}
	const version = read("version");
	const spec = version.value === undefined ? undefined : ownValue(versions, version.value);
	if (spec) return { ok: true, spec, variant: variant.value };
	const message = `the version of ${variant.value} must be one of ${Object.keys(versions).join(", ")}`;
	return { ok: false, findings: [{ path: ["version"], line: version.line, message }] };
}

function refuseClevis(root: Node, translation: Translation): void {
	if (!isMap(root)) return;
	const luks = root.getIn(["storage", "luks"]) as { items?: unknown[] } | undefined;
	(luks?.items ?? []).forEach((item, index) => {
		if (!isMap(item)) return;
		const node = item.get("clevis", true) as Node | undefined;
		if (node) say(translation, { node, path: ["storage", "luks", index, "clevis"] }, "Flatcar has no clevis");
	});
}

interface FilesystemLike {
	device?: string;
	format?: string;
	path?: string;
	mountOptions?: string[];
}
interface LuksLike {
	name: string;
	clevis?: { tang?: unknown[] };
}

function mountUnits(
	root: Node,
	translation: Translation,
	translated: Record<string, unknown>,
): Record<string, unknown> | undefined {
	const storage = translated.storage as { filesystems?: FilesystemLike[]; luks?: LuksLike[] } | undefined;
	const remote = new Set(
		(storage?.luks ?? [])
			.filter((luks) => luks.clevis?.tang?.length)
			.flatMap((luks) => [`/dev/mapper/${luks.name}`, `/dev/disk/by-id/dm-name-${luks.name}`]),
	);
	const units = (storage?.filesystems ?? []).flatMap((filesystem, index) => {
		if (!isMap(root) || root.getIn(["storage", "filesystems", index, "with_mount_unit"]) !== true) return [];
		const path = ["storage", "filesystems", index];
		const node = root.getIn(path, true) as Node | null;
		const { device = "", format } = filesystem;
		if (!format) {
			say(translation, { node, path: [...path, "format"] }, "a mount unit needs the format");
			return [];
		}
		if (format !== "swap" && !filesystem.path) {
			say(translation, { node, path: [...path, "path"] }, "a mount unit needs the path");
			return [];
		}
		const mountOptions = filesystem.mountOptions ?? [];
		return [mountUnit({ device, format, path: filesystem.path, mountOptions, remote: remote.has(device) })];
	});
	return units.length > 0 ? { systemd: { units } } : undefined;
}

/** Puts a finding in the result at the place of the YAML that it came from. */
function origin(finding: Finding, translation: Translation): Finding {
	for (let length = finding.path.length; length > 0; length--) {
		const found = translation.origins.get(pathText(finding.path.slice(0, length)));
		if (found) {
			const path = [...found.path, ...finding.path.slice(length)];
			return { ...finding, path, ...(found.line === undefined ? {} : { line: found.line }) };
		}
	}
	return finding;
}
