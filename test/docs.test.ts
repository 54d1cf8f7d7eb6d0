import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { AgentConfig } from "@rollcall/agent";
import { CoordinatorConfig } from "@rollcall/coordinator/simulator";
import { agentPermissions, EVENT_TYPES, MachineId, PROBLEM_STATUS } from "@rollcall/protocol";
import test from "ava";
import { z } from "zod";
import { repository } from "./support/places.ts";

const read = (file: string): string => readFileSync(join(repository, file), "utf8");

/** The rows of the table that follows a heading: their cells, without the backquotes of the first. */
function table(file: string, heading: string): string[][] {
	const section = read(file).split(`\n## ${heading}\n`)[1]?.split("\n## ")[0] ?? "";
	const rows = section.split("\n").filter((line) => line.startsWith("|"));
	return rows.slice(2).map((row) =>
		row
			.split("|")
			.slice(1, -1)
			.map((cell) => cell.trim().replaceAll("`", "")),
	);
}

const firstCells = (file: string, heading: string): string[] => table(file, heading).map(([first = ""]) => first);

test("docs/protocol.md lists every event type and no other", (t) => {
	t.deepEqual(firstCells("docs/protocol.md", "Events").sort(), [...EVENT_TYPES].sort());
});

test("docs/protocol.md lists every problem code with its status", (t) => {
	const documented = table("docs/protocol.md", "Problems").map(([code, status]) => [code, Number(status)]);
	t.deepEqual(documented, Object.entries(PROBLEM_STATUS));
});

test("docs/protocol.md shows exactly the rights of an agent's credential", (t) => {
	const rights = agentPermissions(MachineId.parse("m-1"));
	const documented = Object.fromEntries(
		table("docs/protocol.md", "What an agent's credential allows").map(([right = "", subjects = ""]) => [
			right,
			subjects.replaceAll("<machineId>", "m-1").split(", "),
		]),
	);
	t.deepEqual(documented, rights);
});

/** The paths of all settings of a configuration schema: `nats.embedded.port`. */
function settings(schema: z.core.JSONSchema.BaseSchema, prefix = ""): string[] {
	const branches = [schema, ...(schema.anyOf ?? [])] as z.core.JSONSchema.BaseSchema[];
	const properties = branches.flatMap((branch) => Object.entries(branch.properties ?? {}));
	if (properties.length === 0) return [prefix.slice(0, -1)];
	return [
		...new Set(
			properties.flatMap(([name, inner]) => settings(inner as z.core.JSONSchema.BaseSchema, `${prefix}${name}.`)),
		),
	];
}

/** What settings are without being set, by their paths, as people read it. */
function defaults(schema: z.core.JSONSchema.BaseSchema, prefix = ""): [path: string, value: string][] {
	const branches = [schema, ...(schema.anyOf ?? [])] as z.core.JSONSchema.BaseSchema[];
	const properties = branches.flatMap((branch) => Object.entries(branch.properties ?? {}));
	if (properties.length > 0)
		return properties.flatMap(([name, inner]) => defaults(inner as z.core.JSONSchema.BaseSchema, `${prefix}${name}.`));
	return schema.default === undefined ? [] : [[prefix.slice(0, -1), readable(schema.default)]];
}

function readable(value: unknown): string {
	if (Array.isArray(value)) return value.join(", ") || "none";
	return typeof value === "number" && value >= 2 ** 30 ? `${value / 2 ** 30} GiB` : String(value);
}

for (const [heading, schema] of [
	["Settings of the coordinator", CoordinatorConfig],
	["Settings of the agent", AgentConfig],
] as const) {
	test(`docs/operations.md lists the ${heading.toLowerCase()}, all of them`, (t) => {
		t.deepEqual(
			firstCells("docs/operations.md", heading).sort(),
			settings(z.toJSONSchema(schema, { io: "input" })).sort(),
		);
	});

	test(`docs/operations.md says what the ${heading.toLowerCase()} are without being set`, (t) => {
		const said = new Map(table("docs/operations.md", heading).map(([path = "", value = ""]) => [path, value]));
		const are = defaults(z.toJSONSchema(schema, { io: "input" }));
		t.true(are.length > 2);
		t.deepEqual(
			are
				.filter(([path, value]) => said.get(path) !== value)
				.map(([path, value]) => `${path}: ${value}, not ${said.get(path)}`),
			[],
		);
	});
}

test("without a setting, certificates outlive their coordinator by 30 days whenever it goes, since a third of their life at most is over", (t) => {
	const { certificateSeconds } = CoordinatorConfig.parse({ dataFolder: "/x" });
	t.true((certificateSeconds * 2) / 3 >= 30 * 86_400);
});

test("paths that newcomers are sent to are there", (t) => {
	const paths = ["CONTRIBUTING.md", "docs/architecture.md"].flatMap((page) =>
		[...read(page).matchAll(/`((?:packages|test|docs|deploy|scripts)\/[\w./-]+)`/g)].map(([, path = ""]) => path),
	);
	t.true(paths.length > 40);
	t.deepEqual(
		paths.filter((path) => !existsSync(join(repository, path))),
		[],
	);
});

test("docs/dependencies.md has a line for every dependency and no other", (t) => {
	const files = [
		"package.json",
		...["protocol", "coordinator", "agent", "cli", "rehearsal", "test-support"].map(
			(name) => `packages/${name}/package.json`,
		),
		"test/package.json",
		"deploy/package.json",
	];
	const used = files.flatMap((file) => {
		const manifest = JSON.parse(read(file)) as Record<string, Record<string, string> | undefined>;
		return ["dependencies", "devDependencies", "optionalDependencies"].flatMap((kind) =>
			Object.keys(manifest[kind] ?? {}),
		);
	});
	const foreign = [...new Set(used)].filter((name) => !name.startsWith("@rollcall/")).sort();
	const documented = [
		...firstCells("docs/dependencies.md", "At run time"),
		...firstCells("docs/dependencies.md", "Tools"),
	].sort();
	t.deepEqual(documented, foreign);
});

test("links between the documents lead somewhere", (t) => {
	const documents = [
		"README.md",
		"CONTRIBUTING.md",
		...readdirSync(join(repository, "docs"), { recursive: true, encoding: "utf8" })
			.filter((name) => name.endsWith(".md"))
			.map((name) => `docs/${name}`),
	];
	const broken = documents.flatMap((file) =>
		[...read(file).matchAll(/\]\((?!https?:|#)([^)#]+)/g)]
			.map(([, to = ""]) => join(dirname(file), to))
			.filter((to) => !existsSync(join(repository, to)))
			.map((to) => `${file} -> ${to}`),
	);
	t.deepEqual(broken, []);
});
