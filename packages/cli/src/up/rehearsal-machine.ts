import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TokenCreated } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { PROGRAM_NODE, PROGRAM_ROOT } from "../program-root.ts";
import { type Child, exitText, startChild } from "./child.ts";
import { removeFolder, type UpFolders, writePrivate } from "./folders.ts";
import { logTail } from "./log-tail.ts";
import type { PowerSwitch } from "./power-switch.ts";
import { REHEARSAL_LABEL } from "./rehearsal-label.ts";

/** The bundled agent, and the bundled stand-in for a machine. */
export const AGENT_BINARY = join(PROGRAM_ROOT, "dist/agent/rollcall-agent");
export const REHEARSAL_SCRIPT = join(PROGRAM_ROOT, "dist/rehearsal/rollcall-rehearsal.cjs");

/** The machine booted again: its RAM, that is its root folder, is gone, and it wants a fresh token. */
const EXIT_REBOOTED = 75;
const STOP_MS = 5_000;
const LONGEST_WAIT_MS = 10_000;

/** What a rehearsal machine is made of. */
export interface RehearsalMachineOptions {
	readonly name: string;
	readonly loopback: string;
	/** Bytes of RAM that it says it has. */
	readonly memory?: number | undefined;
	readonly folders: UpFolders;
	readonly api: Api;
	readonly power: PowerSwitch;
	readonly onNotice: (notice: string) => void;
}

/**
 * Runs one rehearsal machine until the signal is aborted: again after each reboot with an empty root and a new token, and
 * after a crash with its root as it was. Returns when it has ended.
 */
export async function runRehearsalMachine(options: RehearsalMachineOptions, signal: AbortSignal): Promise<void> {
	const { name, folders, power, onNotice } = options;
	const files = folders.machine(name);
	for (let failures = 0; !signal.aborted; ) {
		let child: Child;
		try {
			const { token, signers } = await enrollToken(options, signal);
			await writePrivate(files.token, `${token}\n`);
			child = await startChild({ command: PROGRAM_NODE, args: argumentsOf(options, signers), log: files.log });
		} catch (error) {
			if (signal.aborted) return;
			failures += 1;
			if (failures === 1) onNotice(`rehearsal machine ${name} cannot be started now: ${(error as Error).message}`);
			await pause(failures, signal);
			continue;
		}
		const stop = () => void child.stop(STOP_MS);
		signal.addEventListener("abort", stop, { once: true });
		if (signal.aborted) stop();
		let switchedOff = false;
		power.onPress(() => {
			switchedOff = true;
			stop();
		});
		const exit = await child.exited;
		signal.removeEventListener("abort", stop);
		if (signal.aborted) return;
		if (exit.code === EXIT_REBOOTED || switchedOff) {
			failures = 0;
			onNotice(`rehearsal machine ${name} ${switchedOff ? "was removed and " : ""}boots again with empty RAM`);
			await removeFolder(files.root);
			continue;
		}
		failures += 1;
		const [last] = await logTail(files.log, 1);
		onNotice(`rehearsal machine ${name} ended (${exitText(exit)})${last ? `: ${last}` : ""}; starting it again`);
		await pause(failures, signal);
	}
}

function argumentsOf(
	{ name, loopback, memory, folders, api }: RehearsalMachineOptions,
	signers: readonly string[],
): string[] {
	const { root, token } = folders.machine(name);
	return [
		...[
			REHEARSAL_SCRIPT,
			"machine",
			"--agent",
			AGENT_BINARY,
			"--root",
			root,
			"--machine",
			name,
			"--loopback",
			loopback,
		],
		...["--coordinator", api.connection.server, "--token-file", token, "--tether-stdin"],
		...(api.connection.authority === undefined ? [] : ["--authority-file", folders.authority]),
		...signers.flatMap((signer) => ["--signer", signer]),
		...(memory === undefined ? [] : ["--memory", String(memory)]),
	];
}

async function enrollToken({ api, name }: RehearsalMachineOptions, signal: AbortSignal): Promise<TokenCreated> {
	const body = { scope: "enroll", labels: { [REHEARSAL_LABEL]: name } };
	const subject = `the token of rehearsal machine ${name}`;
	return (await api.ask(TokenCreated, { method: "POST", path: "/v1/tokens", body, subject, signal })).value;
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
	const wait = Math.min(500 * 2 ** Math.min(failures, 8), LONGEST_WAIT_MS);
	await delay(wait, undefined, { signal }).catch(() => undefined);
}
