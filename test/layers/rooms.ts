/** Files that may import the same: those of their own room, and what is named here. */
export interface Room {
	/** `$1` stands for what `files` caught in brackets: each folder of adapters is a room of its own. */
	readonly name: string;
	readonly files: RegExp;
	/** Rooms, by name; one that ends in a slash stands for all that begin so. */
	readonly rooms?: readonly string[];
	/** Packages of this repository. */
	readonly packages?: readonly string[];
	/** Other packages, `node:` for Node's own; or any of both. */
	readonly libraries?: readonly string[] | "any";
}

const PROTOCOL = ["@rollcall/protocol"];
const COORDINATOR_PURE = ["errors", "domain", "render", "document", "boot"].map((name) => `coordinator/${name}`);
const coordinator = (...names: string[]): string[] => names.map((name) => `coordinator/${name}`);
const agent = (...names: string[]): string[] => names.map((name) => `agent/${name}`);
const cli = (...names: string[]): string[] => names.map((name) => `cli/${name}`);

/** The rooms of a package whose files have no rules of their own among each other. */
const single = (name: string, rest: Omit<Room, "name" | "files">): Room => ({
	name,
	files: new RegExp(`^packages/${name}/src/`),
	...rest,
});

/** Where code may lie, and what it may import there. From left to right as in `docs/architecture.md`. A file that is in none of these rooms is a fault. */
export const ROOMS: readonly Room[] = [
	single("protocol", { libraries: ["zod", "@noble/hashes"] }),

	{ name: "coordinator/errors", files: /^packages\/coordinator\/src\/errors\.ts$/ },
	{
		name: "coordinator/domain",
		files: /^packages\/coordinator\/src\/domain\//,
		rooms: coordinator("errors"),
		packages: PROTOCOL,
		libraries: ["immutable", "zod"],
	},
	{
		name: "coordinator/render",
		files: /^packages\/coordinator\/src\/render\//,
		rooms: coordinator("errors", "domain"),
		packages: PROTOCOL,
	},
	{
		name: "coordinator/document",
		files: /^packages\/coordinator\/src\/document\//,
		rooms: coordinator("errors", "domain", "render"),
		packages: PROTOCOL,
		libraries: ["yaml", "zod"],
	},
	{
		name: "coordinator/boot",
		files: /^packages\/coordinator\/src\/boot\//,
		rooms: coordinator("errors", "domain", "render", "document"),
		packages: PROTOCOL,
		libraries: ["yaml", "zod"],
	},
	{
		name: "coordinator/ports",
		files: /^packages\/coordinator\/src\/ports\//,
		rooms: COORDINATOR_PURE,
		packages: PROTOCOL,
	},
	{
		name: "coordinator/loop",
		files: /^packages\/coordinator\/src\/loop\//,
		rooms: [...COORDINATOR_PURE, ...coordinator("ports")],
		packages: PROTOCOL,
	},
	{
		name: "coordinator/keepers",
		files: /^packages\/coordinator\/src\/keepers\/[^/]+$/,
		rooms: [...COORDINATOR_PURE, ...coordinator("ports")],
		packages: PROTOCOL,
	},
	{
		name: "coordinator/disk",
		files: /^packages\/coordinator\/src\/disk\//,
		rooms: coordinator("errors"),
		libraries: ["node:"],
	},
	{ name: "coordinator/rate", files: /^packages\/coordinator\/src\/rate\//, rooms: coordinator("ports") },
	{
		name: "coordinator/config",
		files: /^packages\/coordinator\/src\/(?:config|version)\.ts$/,
		packages: PROTOCOL,
		libraries: ["zod"],
	},
	{
		name: "coordinator/adapters/$1",
		files: /^packages\/coordinator\/src\/adapters\/([^/]+)\//,
		rooms: [...COORDINATOR_PURE, ...coordinator("ports", "disk", "rate", "config")],
		packages: PROTOCOL,
		libraries: "any",
	},
	{
		name: "coordinator/doctor",
		files: /^packages\/coordinator\/src\/doctor\//,
		rooms: [...COORDINATOR_PURE, ...coordinator("config", "adapters/")],
		packages: PROTOCOL,
		libraries: ["node:", "zod"],
	},
	{
		name: "coordinator/relay",
		files: /^packages\/coordinator\/src\/relay\//,
		rooms: [...COORDINATOR_PURE, ...coordinator("disk", "adapters/")],
		packages: PROTOCOL,
		libraries: "any",
	},
	{
		name: "coordinator/doors/command-line",
		files: /^packages\/coordinator\/src\/doors\/command-line\.ts$/,
		rooms: [...COORDINATOR_PURE, ...coordinator("config")],
	},
	{
		name: "coordinator/start",
		files: /^packages\/coordinator\/(?:src\/(?:wiring\/|doors\/|keepers\/start\/|main\.ts$)|bin\/)/,
		rooms: ["coordinator/", "scripts"],
		packages: PROTOCOL,
		libraries: "any",
	},

	{ name: "agent/errors", files: /^packages\/agent\/src\/errors\.ts$/ },
	{ name: "agent/domain", files: /^packages\/agent\/src\/domain\//, rooms: agent("errors"), packages: PROTOCOL },
	{
		name: "agent/ports",
		files: /^packages\/agent\/src\/ports(?:\.ts$|\/)/,
		rooms: agent("errors", "domain"),
		packages: PROTOCOL,
	},
	{
		name: "agent/loop",
		files: /^packages\/agent\/src\/loop\//,
		rooms: agent("errors", "domain", "ports"),
		packages: PROTOCOL,
	},
	{
		name: "agent/config",
		files: /^packages\/agent\/src\/(?:config|version)\.ts$/,
		libraries: ["zod"],
		packages: PROTOCOL,
	},
	{
		// What several folders of adapters use, and adapters of one file.
		name: "agent/adapters",
		files: /^packages\/agent\/src\/adapters\/[^/]+\.ts$/,
		rooms: agent("errors", "domain", "ports", "config"),
		packages: PROTOCOL,
		libraries: "any",
	},
	{
		name: "agent/adapters/$1",
		files: /^packages\/agent\/src\/adapters\/([^/]+)\//,
		rooms: agent("errors", "domain", "ports", "config", "adapters"),
		packages: PROTOCOL,
		libraries: "any",
	},
	{
		name: "agent/start",
		files: /^packages\/agent\/src\/(?:main|index|run|cli|zod-settings|error-line|simulator|trials|parsers)\.ts$/,
		rooms: ["agent/"],
		packages: PROTOCOL,
		libraries: "any",
	},

	single("rehearsal", { packages: [...PROTOCOL, "@rollcall/agent", "@rollcall/agent/zod-settings"], libraries: "any" }),
	single("test-support", { packages: PROTOCOL, libraries: ["node:", "ava", "diff", "esbuild", "fast-check"] }),

	{ name: "cli/exit-codes", files: /^packages\/cli\/src\/exit-codes\.ts$/ },
	{ name: "cli/text", files: /^packages\/cli\/src\/text\//, libraries: ["string-width"] },
	{
		name: "cli/program-place",
		files: /^packages\/cli\/src\/program-(?:path|root)\.ts$/,
		libraries: ["commander", "node:"],
	},
	{
		name: "cli/errors",
		files: /^packages\/cli\/src\/errors\.ts$/,
		rooms: cli("exit-codes", "text"),
		packages: PROTOCOL,
	},
	{
		name: "cli/files",
		files: /^packages\/cli\/src\/files\//,
		rooms: cli("errors"),
		packages: PROTOCOL,
		libraries: ["node:"],
	},
	{ name: "cli/terminal", files: /^packages\/cli\/src\/terminal\.ts$/, rooms: cli("text") },
	{ name: "cli/views", files: /^packages\/cli\/src\/views\//, rooms: cli("text"), packages: PROTOCOL },
	{
		name: "cli/configuration",
		files: /^packages\/cli\/src\/configuration\//,
		rooms: cli("errors", "exit-codes", "files"),
		packages: PROTOCOL,
		libraries: ["node:"],
	},
	{
		name: "cli/offline",
		files: /^packages\/cli\/src\/offline\//,
		rooms: cli("errors", "files"),
		packages: [...PROTOCOL, "@rollcall/coordinator/command-line", "@rollcall/coordinator/doctor"],
		libraries: ["node:"],
	},
	{
		name: "cli/api",
		files: /^packages\/cli\/src\/api\//,
		rooms: cli("configuration", "errors", "exit-codes", "files", "offline"),
		packages: PROTOCOL,
		libraries: "any",
	},
	{
		name: "cli/assets",
		files: /^packages\/cli\/src\/assets\//,
		rooms: cli("configuration", "errors", "files"),
		packages: [...PROTOCOL, "@rollcall/coordinator/openpgp"],
		libraries: "any",
	},
	{
		name: "cli/session",
		files: /^packages\/cli\/src\/session\.ts$/,
		rooms: cli("api", "errors", "exit-codes", "terminal", "text"),
		libraries: ["commander"],
	},
	{
		name: "cli/live",
		files: /^packages\/cli\/src\/live\//,
		rooms: cli("api", "errors", "session", "terminal", "text", "views"),
		packages: PROTOCOL,
		libraries: ["node:"],
	},
	{
		name: "cli/$1",
		files: /^packages\/cli\/src\/(up|commands)\//,
		rooms: [
			...cli("api", "assets", "configuration", "errors", "exit-codes", "files", "live", "offline"),
			...cli("program-place", "session", "terminal", "text", "up", "views"),
		],
		packages: PROTOCOL,
		libraries: "any",
	},
	{
		name: "cli/start",
		files: /^packages\/cli\/(?:src\/(?:main|program|process-surroundings)\.ts$|bin\/)/,
		rooms: ["cli/", "scripts"],
		packages: PROTOCOL,
		libraries: "any",
	},

	{
		name: "$1/test",
		files: /^packages\/([a-z-]+)\/test\//,
		rooms: ["$1/", "$1"],
		packages: [...PROTOCOL, "@rollcall/agent", "@rollcall/test-support/"],
		libraries: "any",
	},
	{
		name: "test",
		files: /^test\//,
		// What packs the programs that they start.
		rooms: ["scripts"],
		packages: ["@rollcall/"],
		libraries: "any",
	},
	{ name: "scripts", files: /^scripts\//, rooms: [], libraries: "any" },
	{ name: "ava.config", files: /^ava\.config\.js$/, rooms: ["scripts", "test-support"], libraries: ["node:"] },
];
