import { join } from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { TokenCreated } from "@rollcall/protocol";
import type { Api } from "../api/client.ts";
import { type Child, exitText, startChild } from "./child.ts";
import { PROGRAM_ROOT, removeFolder, type UpFolders, writePrivate } from "./folders.ts";
import { logTail } from "./log-tail.ts";
import type { PowerSwitch } from "./power-switch.ts";
import { REHEARSAL_LABEL } from "./rehearsal-label.ts";

/** The bundled agent. */
export const AGENT_BINARY = join(PROGRAM_ROOT, "dist/agent/rollcall-agent");

/** The machine booted again: its RAM, that is its root folder, is gone, and it wants a fresh token. */
const EXIT_REBOOTED = 75;
const STOP_MS = 5_000;
const LONGEST_WAIT_MS = 10_000;

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
			await writePrivate(files.token, `${await enrollToken(options, signal)}\n`);
			child = await startChild({ command: AGENT_BINARY, args: argumentsOf(options), log: files.log });
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

function argumentsOf({ name, loopback, memory, folders, api }: RehearsalMachineOptions): string[] {
	const { root, token } = folders.machine(name);
	return [
		...["rehearse", "--root", root, "--machine", name, "--loopback", loopback],
		...["--coordinator", api.connection.server, "--token-file", token, "--tether-stdin"],
		...(memory === undefined ? [] : ["--memory", String(memory)]),
	];
}

async function enrollToken({ api, name }: RehearsalMachineOptions, signal: AbortSignal): Promise<string> {
	const body = { scope: "enroll", labels: { [REHEARSAL_LABEL]: name } };
	const subject = `the token of rehearsal machine ${name}`;
	return (await api.ask(TokenCreated, { method: "POST", path: "/v1/tokens", body, subject, signal })).value.token;
}

async function pause(failures: number, signal: AbortSignal): Promise<void> {
	const wait = Math.min(500 * 2 ** Math.min(failures, 8), LONGEST_WAIT_MS);
	await delay(wait, undefined, { signal }).catch(() => undefined);
}
