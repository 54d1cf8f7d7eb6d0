import { execFile } from "node:child_process";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import { Readable } from "node:stream";
import { gzipSync } from "node:zlib";
import { ownFolder } from "@rollcall/test-support/own-folder";
import { stretched } from "@rollcall/test-support/stretch";
import type { ExecutionContext } from "ava";
import { Assets } from "../../src/adapters/boot/assets.ts";
import type { DoctorFinding } from "../../src/doctor/finding.ts";

const COMMAND = resolve(import.meta.dirname, "../../../cli/bin/rollcall.cjs");

/** A coordinator's computer that was set up, and where nothing runs yet. */
export interface DoctorScene {
	readonly folder: string;
	readonly dataFolder: string;
	/** Where programs are found first. */
	readonly bin: string;
	/** Writes the configuration; what is given comes on top of one whose listeners are on `address`. */
	configure(parts?: Record<string, unknown>): void;
	/** Keeps a file for machines. */
	keep(name: string, content: Buffer): Promise<void>;
	/** A program of the test's own in the place of a real one. */
	standIn(name: string, script: string): string;
	/** Runs `rollcall doctor`. `startedBy`: the words before it. */
	doctor(wish?: {
		args?: readonly string[];
		env?: Record<string, string>;
		startedBy?: readonly string[];
	}): Promise<Told>;
}

/** How it ended, and what it found. */
export interface Told {
	readonly code: number;
	readonly findings: readonly DoctorFinding[];
	/** The findings of one check that are no `ok`, as `state: text; next`. */
	faults(check: DoctorFinding["check"]): string[];
	readonly stdout: string;
	readonly stderr: string;
}

/** The boot document of the scene: two files that machines download, and one of a kernel argument. */
export const BOOT = `apiVersion: rollcall/v1
kind: Boot
profiles:
  - name: lab
    kernel: /assets/lab/vmlinuz
    initrd: [/assets/lab/initrd]
    args: ["root={{assets}}/lab/root.img", "ignition.config.url={{ignition}}"]
    ignition: {}
groups: [{ name: default, profile: lab }]
`;
/** The names of its files. */
export const FILES = ["lab/vmlinuz", "lab/initrd", "lab/root.img"];

/** The least that counts as a program: an ELF header (elf(5)). */
export function elf(machine: "x64" | "arm64"): Buffer {
	const program = Buffer.alloc(64);
	program.write("7f454c460201010", "hex");
	program.writeUInt32BE(0x7f454c46, 0);
	program.writeUInt16LE(machine === "x64" ? 62 : 183, 18);
	return program;
}

/** Sets one up that is whole: every file, the agent, a clock that is said to be synchronised. */
export async function doctorScene(t: ExecutionContext, address = "127.0.0.1"): Promise<DoctorScene> {
	const folder = ownFolder(t);
	const dataFolder = join(folder, "data");
	const bin = join(folder, "bin");
	for (const one of [dataFolder, bin]) mkdirSync(one);
	const bootDocument = join(folder, "boot.yaml");
	writeFileSync(bootDocument, BOOT);
	const agent = join(folder, "agent");
	writeFileSync(agent, elf("x64"), { mode: 0o755 });
	const assets = await Assets.open(join(dataFolder, "assets"));
	const configFile = join(folder, "coordinator.yaml");
	const scene: DoctorScene = {
		folder,
		dataFolder,
		bin,
		configure: (parts = {}) => {
			const config = {
				dataFolder,
				http: { host: address },
				nats: { embedded: { host: address, logBytes: 2 ** 20 } },
				boot: { host: address, document: bootDocument, agent },
				...parts,
			};
			writeFileSync(configFile, JSON.stringify(config));
		},
		keep: async (name, content) => {
			await assets.add({ name, source: { stream: Readable.from([content]), from: "a test" }, expect: {} });
		},
		standIn: (name, script) => {
			const file = join(bin, name);
			writeFileSync(file, `#!/bin/sh\n${script}\n`);
			chmodSync(file, 0o755);
			return file;
		},
		doctor: ({ args = ["--no-dhcp"], env = {}, startedBy = [] } = {}) =>
			new Promise((done) => {
				const words = [...startedBy, process.execPath, COMMAND, "doctor", "-c", configFile, ...args];
				if (!args.includes("-o")) words.push("-o", "json");
				const [program = "", ...rest] = words;
				const { NODE_COMPILE_CACHE = "" } = process.env;
				const environment = { PATH: `${bin}:${process.env.PATH}`, TZ: "UTC", NODE_COMPILE_CACHE, ...env };
				execFile(program, rest, { env: environment, timeout: stretched(60_000) }, (error, stdout, stderr) => {
					const findings: DoctorFinding[] = !stdout.startsWith("{") ? [] : JSON.parse(stdout).findings;
					const faults = (check: DoctorFinding["check"]) =>
						findings
							.filter((one) => one.check === check && one.state !== "ok")
							.map(({ state, text, next }) => `${state}: ${text}; ${next}`);
					done({ code: error ? Number(error.code) : 0, findings, faults, stdout, stderr });
				});
			}),
	};
	scene.configure();
	scene.standIn("timedatectl", "echo yes");
	for (const name of FILES) await scene.keep(name, Buffer.from(name));
	await scene.keep("rollcall/agent-x64.gz", gzipSync(elf("x64")));
	return scene;
}
