import { accessSync, constants, existsSync } from "node:fs";
import { basename, join } from "node:path";
import { messageOf } from "@rollcall/protocol";
import { type KubeletSurroundings, startKubelet } from "../kubelet/kubelet.ts";
import { startTethered } from "./tethered.ts";

/** A command of a unit that was started. */
export interface RunningCommand {
	/** What a person should know of it, like its process id. */
	readonly detail: string;
	/** The exit code. Never rejects. */
	readonly ended: Promise<number>;
	/** Ends it; resolves when it is gone. */
	stop(): Promise<void>;
}

/** Where commands run: on which rehearsed machine, with which environment, and where their output goes. */
export interface CommandSurroundings extends KubeletSurroundings {
	readonly environment: Readonly<Record<string, string>>;
}

/** systemd's exit code for a program that cannot be executed (systemd.exec(5)). */
const EXEC_FAILED = 203;
const GRACE_MS = 3_000;

/**
 * Programs that change the kernel, the network or the units of the computer that the rehearsal runs on, or that talk to a
 * container runtime that is not there. They count as done.
 */
const NOT_RUN = new Set(
	`bridge chronyd crictl ctr ethtool halt hostnamectl insmod ip ip6tables iptables ipvsadm kexec modprobe mount nerdctl nft poweroff
	reboot rmmod runc shutdown swapoff swapon sysctl systemctl systemd-modules-load systemd-sysctl systemd-sysext
	systemd-timesyncd systemd-tmpfiles tc timedatectl umount`.split(/\s+/),
);

/** The name of the program that a command line starts. */
export function programOf(words: readonly string[]): string {
	return basename(words[0] ?? "");
}

/**
 * Starts a command of a unit. kubelet and containerd are stood in for within this process; programs that would change this
 * computer are passed over; any other one runs, with the root folder as its working directory. Never throws: what cannot
 * be started ends at once with an exit code, and says why in the log.
 */
export async function startCommand(words: readonly string[], machine: CommandSurroundings): Promise<RunningCommand> {
	const program = programOf(words);
	if (program === "containerd") return standIn("containerd", async () => {});
	if (program === "kubelet") {
		try {
			const kubelet = await startKubelet(words.slice(1), machine);
			return standIn("kubelet", () => kubelet.stop());
		} catch (error) {
			machine.log(messageOf(error));
			return over(1);
		}
	}
	const named = NOT_RUN.has(program) ? program : namedInScript(words);
	if (named !== undefined) {
		machine.log(`rehearsal: ${named} is passed over, it would change this computer`);
		return over(0);
	}
	return startProgram(words, machine);
}

/** A program that is not run, where a shell gets its script in the unit itself (`sh -c`) and that names one. */
function namedInScript(words: readonly string[]): string | undefined {
	if (!/^(?:ba|da)?sh$/.test(programOf(words))) return undefined;
	const script = words[words.findIndex((word) => /^-\w*c$/.test(word)) + 1];
	return script
		?.split(/[^\w./-]+/)
		.map((word) => basename(word))
		.find((name) => NOT_RUN.has(name));
}

function startProgram([program = "", ...words]: readonly string[], machine: CommandSurroundings): RunningCommand {
	const { root, log } = machine;
	const path = program.startsWith("/") && existsSync(join(root, program)) ? join(root, program) : program;
	if (path.startsWith("/") && !isExecutable(path)) {
		log(
			`Failed at step EXEC spawning ${program}: ${existsSync(path) ? "Permission denied" : "No such file or directory"}`,
		);
		return over(EXEC_FAILED);
	}
	const child = startTethered([path, ...words.map((word) => below(root, word))], {
		cwd: root,
		env: {
			PATH: "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
			LANG: "C.UTF-8",
			ROLLCALL_REHEARSAL_ROOT: root,
			...machine.environment,
		},
		onLine: log,
	});
	return { detail: `pid ${child.pid}`, ended: child.ended, stop: () => child.stop(GRACE_MS) };
}

/** Maps an absolute path, alone or behind `=`, to the one below the root if that exists. */
function below(root: string, word: string): string {
	const [, name = "", path = ""] = /^([^/=]*=)?(\/.*)$/s.exec(word) ?? [];
	return path !== "" && existsSync(join(root, path)) ? `${name}${join(root, path)}` : word;
}

function isExecutable(path: string): boolean {
	try {
		accessSync(path, constants.X_OK);
		return true;
	} catch {
		return false;
	}
}

function standIn(program: string, stop: () => Promise<void>): RunningCommand {
	const { promise: ended, resolve } = Promise.withResolvers<number>();
	return {
		detail: `a stand-in for ${program}`,
		ended,
		async stop() {
			await stop();
			resolve(0);
		},
	};
}

/** A command that is over already. */
function over(code: number): RunningCommand {
	return { detail: "over", ended: Promise.resolve(code), stop: async () => {} };
}
