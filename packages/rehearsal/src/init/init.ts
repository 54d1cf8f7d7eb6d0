import { existsSync } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import type { InitReply, InitRequest } from "@rollcall/agent";
import { messageOf, ownValue } from "@rollcall/protocol";
import type { Pods } from "../kubelet/pods.ts";
import { programOf, startCommand } from "./commands.ts";
import type { Journal } from "./journal.ts";
import { createMarkedUnits } from "./marked-units.ts";
import { createUnit, type Unit } from "./unit.ts";
import { parseUnitFile, type UnitFile } from "./unit-file.ts";

/** Where unit files lie below the root; the first folder that has one counts (systemd.unit(5)). */
const FOLDERS = ["etc/systemd/system", "run/systemd/system", "usr/lib/systemd/system"];

/** Units that a machine's operating system brings along, as far as targets name them. */
const OF_THE_SYSTEM: Record<string, string> = {
	"containerd.service": "[Service]\nExecStart=/usr/bin/containerd\nRestart=always\n",
	"systemd-modules-load.service":
		"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/lib/systemd/systemd-modules-load\n",
	"systemd-sysctl.service": "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/lib/systemd/systemd-sysctl\n",
	"systemd-timesyncd.service":
		"[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=/usr/lib/systemd/systemd-timesyncd\n",
};

/** The machine that an init runs. */
export interface InitSurroundings {
	readonly root: string;
	readonly loopback: string;
	readonly nodeName: string;
	readonly journal: Journal;
	readonly pods: Pods;
}

/** The stand-in for systemd. */
export interface Init {
	/** Answers everything but `reboot`, which is the machine's. Throws an Error in the manner of systemd's words. */
	answer(request: Exclude<InitRequest, { op: "reboot" }>): Promise<InitReply>;
	/** Ends all units and pods. */
	stopAll(): Promise<void>;
}

/** An init without running units; unit files are read when they are asked for, and again on reload. */
export function createInit(machine: InitSurroundings): Init {
	const { root, journal, pods } = machine;
	const units = new Map<string, Unit>();
	const marked = createMarkedUnits(root);

	const find = async (name: string): Promise<Unit | undefined> => {
		const known = units.get(name);
		if (known !== undefined) return known;
		const file = await readUnit(root, name);
		if (file === undefined) return undefined;
		const log = (line: string): void => journal.write(name, line);
		const unit = createUnit(name, file, {
			log,
			lastLine: () => journal.last(name),
			startCommand: (words, environment) => startCommand(words, { ...machine, environment, log }),
			readEnvironment: (paths) => readEnvironment(root, paths),
			exists: (path) => existsSync(join(root, path)),
		});
		units.set(name, unit);
		return unit;
	};
	const start = async (name: string, above: readonly string[]): Promise<void> => {
		if (!name.endsWith(".service")) return await marked.start(name, await unitText(root, name));
		const unit = await find(name);
		if (unit === undefined) throw new Error(`Unit ${name} not found.`);
		const before = [...above, name];
		for (const other of unit.file.wants) if (!before.includes(other)) await start(other, before).catch(() => {});
		for (const other of unit.file.requires) if (!before.includes(other)) await start(other, before);
		await unit.start();
	};
	const stop = async (name: string): Promise<void> => {
		if (!name.endsWith(".service")) return await marked.stop(name);
		const unit = await find(name);
		if (unit === undefined) throw new Error(`Unit ${name} not loaded.`);
		await unit.stop();
	};
	const state = async (name: string): Promise<InitReply> => {
		if (!name.endsWith(".service")) {
			const active = marked.isStarted(name) ? "active" : "inactive";
			return { kind: "state", active, detail: `${active} (rehearsal: only services do something)` };
		}
		const unit = await find(name);
		if (unit === undefined) return { kind: "state", active: "unknown", detail: `Unit ${name} not found.` };
		return { kind: "state", ...unit.state() };
	};
	const runsKubelet = (name: string): boolean => units.get(name)?.file.start.some(isKubelet) ?? false;
	return {
		async answer(request) {
			if (request.op === "logs") return { kind: "logs", ...journal.read(request) };
			if (request.op === "state") return state(request.unit);
			if (request.op === "reload") {
				for (const [name, unit] of units) {
					const file = await readUnit(root, name);
					if (file !== undefined) unit.file = file;
					else if (unit.state().active !== "active") units.delete(name);
				}
			} else if (request.op === "stop") {
				await stop(request.unit);
				if (runsKubelet(request.unit)) await pods.clear();
			} else {
				const isKnown = !request.unit.endsWith(".service") || (await find(request.unit)) !== undefined;
				if (request.op === "restart" && isKnown) await stop(request.unit);
				await start(request.unit, []);
			}
			return { kind: "done" };
		},
		async stopAll() {
			await Promise.all([...units.values()].map((unit) => unit.stop()));
			await pods.clear();
		},
	};
}

function isKubelet({ words }: { readonly words: readonly string[] }): boolean {
	return programOf(words) === "kubelet";
}

async function unitText(root: string, name: string): Promise<string | undefined> {
	let text = ownValue(OF_THE_SYSTEM, name);
	for (const folder of FOLDERS.toReversed()) text = (await readText(join(root, folder, name))) ?? text;
	return text;
}

/** A unit's file with its drop-ins, nothing when there is none. Throws an Error that names the unit. */
async function readUnit(root: string, name: string): Promise<UnitFile | undefined> {
	const text = await unitText(root, name);
	if (text === undefined) return undefined;
	const dropIns = new Map<string, string>();
	for (const folder of FOLDERS.toReversed()) {
		const path = join(root, folder, `${name}.d`);
		const files = await readdir(path).catch(() => []);
		for (const file of files.filter((file) => file.endsWith(".conf")))
			dropIns.set(file, (await readText(join(path, file))) ?? "");
	}
	try {
		return parseUnitFile([text, ...[...dropIns.keys()].sort().map((file) => dropIns.get(file) ?? "")]);
	} catch (error) {
		throw new Error(`Unit ${name} has a bad unit file setting: ${messageOf(error)}`);
	}
}

/** Reads `NAME=value` lines (systemd.exec(5), EnvironmentFile=). A `-` before a path: it may be missing. */
async function readEnvironment(root: string, paths: readonly string[]): Promise<Record<string, string>> {
	const variables: Record<string, string> = {};
	for (const path of paths) {
		const text = await readText(join(root, path.replace(/^-/, "")));
		if (text === undefined && !path.startsWith("-")) throw new Error(`the environment file ${path} is missing`);
		for (const line of (text ?? "").split("\n")) {
			const [, name, quote, inner, plain] = /^\s*([A-Za-z_]\w*)=(?:(["'])(.*)\2|(.*?))\s*$/.exec(line) ?? [];
			if (name !== undefined) variables[name] = quote === undefined ? (plain ?? "") : (inner ?? "");
		}
	}
	return variables;
}

async function readText(path: string): Promise<string | undefined> {
	return readFile(path, "utf8").catch((error: NodeJS.ErrnoException) => {
		if (error.code === "ENOENT" || error.code === "ENOTDIR") return undefined;
		throw error;
	});
}
