import { spawn } from "node:child_process";
import { open } from "node:fs/promises";
import { join } from "node:path";
import type { Writable } from "node:stream";
import { tied } from "@rollcall/test-support/tied";
import { asAdmin } from "../support/coordinator.ts";
import { repository } from "../support/places.ts";
import type { Lab } from "./lab.ts";
import { type LabMachine, plainText } from "./machine.ts";

const LOOK_EVERY_MS = 200;

/** Something that is shown until it is closed. */
export interface Shown {
	close(): Promise<void>;
}

/** Words of the operator's command that lead to the lab's coordinator. */
export function toCoordinator(lab: Lab): string[] {
	return asAdmin(lab.coordinator());
}

/** Shows the fleet by the operator's own command: a live table on a terminal, else a line for each event. */
export function showFleet(lab: Lab, live: boolean): Shown {
	const words = live ? ["machines", "--watch"] : ["watch", "--since", "0"];
	const command = [join(repository, "packages/cli/bin/rollcall.cjs"), ...words, ...toCoordinator(lab)];
	const child = spawn(...tied(process.execPath, command), { stdio: ["ignore", "inherit", "inherit"] });
	const ended = new Promise<void>((resolve) => child.once("close", () => resolve()));
	child.once("error", () => {});
	return {
		close: async () => {
			child.kill("SIGINT");
			const forced = setTimeout(() => child.kill("SIGKILL"), 5_000);
			await ended;
			clearTimeout(forced);
		},
	};
}

/** Writes what a machine's console shows, from now on or from `from`, each line behind `prefix`. */
export function followConsole(machine: LabMachine, to: Writable, { prefix = "", from = 0 } = {}): Shown {
	let at = from;
	let rest: Buffer = Buffer.alloc(0);
	let looking = Promise.resolve();
	const look = async (): Promise<void> => {
		const file = await open(machine.consoleFile).catch(() => undefined);
		if (!file) return;
		try {
			for (;;) {
				const { buffer, bytesRead } = await file.read({ buffer: Buffer.alloc(65_536), position: at });
				if (bytesRead === 0) return;
				at += bytesRead;
				// Whole lines only: a character or a terminal sequence may be half there.
				const whole = Buffer.concat([rest, buffer.subarray(0, bytesRead)]);
				const end = whole.lastIndexOf(0x0a) + 1;
				rest = whole.subarray(end);
				for (const line of plainText(whole.toString("utf8", 0, end))
					.split("\n")
					.slice(0, -1))
					to.write(`${prefix}${line.trimEnd()}\n`);
			}
		} finally {
			await file.close();
		}
	};
	const timer = setInterval(() => {
		looking = looking.then(look);
	}, LOOK_EVERY_MS);
	return {
		close: async () => {
			clearInterval(timer);
			await looking;
		},
	};
}
