import { readdirSync, readFileSync } from "node:fs";
import {
	bootProblems,
	checkIgnition,
	checksumOf,
	composeIgnition,
	convertButane,
	documentDigest,
	fedoraFiles,
	flatcarVersion,
	importMatchbox,
	ownIgnitionPart,
	parseDocument,
	readBootDocument,
	readIgnitionPart,
	readYaml,
	renderOffline,
} from "@rollcall/coordinator/parsers";
import { BootDocument, ClusterDocument, canonicalJson, Facts } from "@rollcall/protocol";
import { bytesOf, filesOf, holds, type Outcome, type Parser, refused, TAKEN, textOf } from "../parser.ts";
import { readsTheSame, wholeProblem } from "./same-again.ts";
import * as seed from "./seed-documents.ts";

const DEPLOY = new URL("../../../deploy/", import.meta.url);

function shipped(folder: string): Uint8Array[] {
	const names = readdirSync(new URL(folder, DEPLOY)).filter((name) => name.endsWith(".yaml"));
	return names.map((name) => readFileSync(new URL(`${folder}/${name}`, DEPLOY)));
}

const facts = Facts.parse(JSON.parse(readFileSync(new URL("examples/facts.json", DEPLOY), "utf8")));

interface Findings {
	readonly findings: readonly { readonly path: readonly (string | number)[]; readonly message: string }[];
}

/** Findings are words about a place. */
function toldBy({ findings }: Findings): Outcome {
	holds(findings.length > 0, "it refused without a word");
	for (const { path, message } of findings) {
		holds(typeof message === "string" && message !== "", "a finding has no words");
		holds(
			path.every((part) => typeof part === "string" || typeof part === "number"),
			"a finding has no path",
		);
	}
	return refused(findings.map(({ message }) => message).join("; "));
}

/** What operators write. */
export const DOCUMENT_PARSERS: readonly Parser[] = [
	{
		name: "yaml",
		seeds: () => [...shipped("examples"), ...seed.YAML.map(bytesOf)],
		feed(bytes) {
			const read = readYaml(textOf(bytes));
			if (!read.ok) return toldBy(read);
			for (const path of [[], ["slots", 0, "name"], ["a"], ["a", 0, "b"], ["no such"]]) {
				read.locate(path);
				read.locate(path, true);
				read.source(path);
			}
			// What it holds is JSON, so that it can be told and logged.
			JSON.stringify(read.value);
			return TAKEN;
		},
	},
	{
		name: "cluster-document",
		seeds: () => [
			...shipped("examples").filter((bytes) => textOf(bytes).includes("kind: Cluster")),
			...seed.clusters().map(bytesOf),
		],
		feed(bytes) {
			const read = parseDocument(textOf(bytes));
			if (!read.ok) return wholeProblem(read.problem);
			readsTheSame(ClusterDocument, read.document);
			holds(documentDigest(read.document) === read.digest, "its digest is that of another document");
			const again = parseDocument(JSON.stringify(read.document));
			if (!again.ok) holds(false, `it refuses what it gave: ${again.problem.message}`);
			else holds(again.digest === read.digest, "it reads another document in what it gave");
			for (const role of new Set(read.document.slots.map((slot) => slot.role)))
				renderOffline({ document: read.document, role, machine: { facts, labels: {} }, others: [] });
			return TAKEN;
		},
	},
	{
		name: "boot-document",
		seeds: () => shipped("profiles"),
		feed(bytes) {
			const read = readBootDocument(textOf(bytes));
			if (!read.ok) return toldBy(read);
			readsTheSame(BootDocument, read.document);
			const again = readBootDocument(JSON.stringify(read.document));
			if (!again.ok) holds(false, `it refuses what it gave: ${again.findings[0]?.message}`);
			else
				holds(
					canonicalJson(again.document) === canonicalJson(read.document),
					"it reads another document in what it gave",
				);
			return TAKEN;
		},
	},
	{
		name: "butane",
		seeds: () => seed.BUTANE.map(bytesOf),
		feed(bytes) {
			const read = convertButane(textOf(bytes), new Map([["a", "b"]]));
			if (!read.ok) return toldBy(read);
			holds(
				checkIgnition(JSON.parse(JSON.stringify(read.config))).ok,
				"what it made is no Ignition configuration when it is read again",
			);
			return composed(read.config);
		},
	},
	{
		name: "ignition",
		seeds: () => seed.IGNITION.map(bytesOf),
		feed(bytes) {
			const read = readIgnitionPart({ format: "ignition", text: textOf(bytes) });
			return read.ok ? composed(read.config) : toldBy(read);
		},
	},
	{
		name: "matchbox",
		seeds: () => seed.MATCHBOX.map(bytesOf),
		feed(bytes) {
			const files = filesOf(bytes);
			if (!files) return refused("no files");
			const read = importMatchbox(files);
			if (!read.ok) return wholeProblem(read.problem);
			readsTheSame(BootDocument, read.document);
			holds(bootProblems(read.document).length === 0, "what it made cannot be served");
			return read.document.groups.length === 0 ? refused(read.leftOut.join("; ")) : TAKEN;
		},
	},
	{
		name: "release-metadata",
		seeds: () => seed.RELEASES.map(bytesOf),
		feed(bytes) {
			const text = textOf(bytes);
			const sum = checksumOf(text, "a.tar", "sha256");
			holds(sum === undefined || /^[0-9a-f]{64}$/.test(sum), "its sum is none");
			const version = flatcarVersion(text);
			let value: unknown;
			try {
				value = JSON.parse(text);
			} catch {
				return sum === undefined && version === undefined ? refused("nothing") : TAKEN;
			}
			return fedoraFiles(value, "x64") === undefined ? refused("no release") : TAKEN;
		},
	},
];

/** A part that was taken can be merged with our own, or is refused in words; what is merged is a configuration. */
function composed(config: Record<string, unknown>): Outcome {
	const version = String((config.ignition as { version?: unknown }).version);
	if (!/^(?:2\.[123]|3\.[0-6])\.0$/.test(version)) return refused(`spec ${version}`);
	const own = ownIgnitionPart({ users: [], network: [], hostname: "pc-7" });
	const made = composeIgnition(own, [{ name: "a", config }], version as Parameters<typeof composeIgnition>[2]);
	if (!made.ok) return refused(made.reason);
	holds(checkIgnition(JSON.parse(JSON.stringify(made.config))).ok, "what was merged is no Ignition configuration");
	return TAKEN;
}
