import { type ChildProcess, spawn } from "node:child_process";
import { createHash } from "node:crypto";
import { open, readFile, stat } from "node:fs/promises";
import { join } from "node:path";
import type { Emulator } from "./emulator.ts";

const TAIL_BYTES = 64 * 1024;
/** A shell that did not end its machine until then is killed with it, in milliseconds. */
const LATE_MS = 10_000;

/**
 * Runs the words behind it, a machine's QEMU, for as long as the pipe at its standard input is open, and then kills it: no machine outlives who started it. A
 * QEMU that ended well did so because its machine was reset, and is started again: one that goes on with the memory of before looks, for what it translated
 * of the last boot, at nearly every write of the next one, which then takes twice as long.
 */
const POWERED = `
	exec 3<&0
	cat <&3 > /dev/null & watch=$!
	while
		"$@" < /dev/null 3<&- & child=$!
		wait -n $child $watch && kill -0 $watch 2> /dev/null
	do :; done
	kill -9 $child $watch 2> /dev/null
	wait $child $watch 2> /dev/null`;

/** What a lab machine is made of. */
export interface LabMachineOptions {
	/** The same name has the same UUID, MAC and serial number every time. */
	readonly name: string;
	/** Holds its console's text. */
	readonly folder: string;
	readonly emulator: Emulator;
	/** QEMU's arguments for its network card, from which it boots. */
	readonly nic: (mac: string) => readonly string[];
	/** The words before QEMU's own that start it elsewhere, such as in a network namespace. */
	readonly startedBy?: readonly string[];
	readonly memoryMiB: number;
	readonly processors: number;
}

/** The hardware of one machine: QEMU, while it has power. It has no disk; switching it off loses everything. */
export class LabMachine {
	readonly name: string;
	readonly mac: string;
	readonly uuid: string;
	readonly consoleFile: string;
	readonly #options: LabMachineOptions;
	#child: ChildProcess | undefined;
	#ended: Promise<void> = Promise.resolve();
	#complaint = "";

	constructor(options: LabMachineOptions) {
		const digest = createHash("sha256").update(`rollcall lab ${options.name}`).digest("hex");
		this.#options = options;
		this.name = options.name;
		this.mac = `52:54:00:${digest.slice(0, 2)}:${digest.slice(2, 4)}:${digest.slice(4, 6)}`;
		this.uuid = `${digest.slice(8, 16)}-${digest.slice(16, 20)}-4${digest.slice(21, 24)}-a${digest.slice(25, 28)}-${digest.slice(28, 40)}`;
		this.consoleFile = join(options.folder, `${options.name}.console`);
	}

	/** Gives it power; it boots from the network. The console's file goes on where it was. */
	powerOn(): void {
		if (this.#child) throw new Error(`${this.name} has power already`);
		const { emulator, startedBy = [] } = this.#options;
		const child = spawn("bash", ["-c", POWERED, "machine", ...startedBy, emulator.program, ...this.#words()], {
			stdio: ["pipe", "ignore", "pipe"],
			env: { ...process.env, ...emulator.environment },
			detached: true,
		});
		child.stdin?.on("error", () => {});
		child.stderr?.on("data", (chunk: Buffer) => {
			this.#complaint = (this.#complaint + chunk.toString()).slice(-2000);
		});
		this.#child = child;
		this.#ended = new Promise((resolve) => {
			const gone = (): void => {
				if (this.#child === child) this.#child = undefined;
				resolve();
			};
			child.once("exit", gone);
			child.once("error", gone);
		});
	}

	/** False when it was cut off, or when QEMU failed; then `complaint` says why. */
	get hasPower(): boolean {
		return this.#child !== undefined;
	}

	/** The last words of QEMU. */
	get complaint(): string {
		return this.#complaint.trim();
	}

	/** Cuts the power, at once: its shell kills QEMU, and waits for it, so that what it took of the processors is counted. */
	async cutPower(): Promise<void> {
		const { pid, stdin } = this.#child ?? {};
		stdin?.end();
		const late = setTimeout(() => pid !== undefined && killGroup(pid), LATE_MS);
		await this.#ended;
		clearTimeout(late);
	}

	/** Everything that its console showed. */
	async console(): Promise<string> {
		return await readFile(this.consoleFile, "utf8").catch(() => "");
	}

	/** What its console showed last: at most 64 KiB, without terminal sequences. */
	async consoleTail(lines: number): Promise<string> {
		const { size } = await stat(this.consoleFile).catch(() => ({ size: 0 }));
		if (size === 0) return "";
		const file = await open(this.consoleFile);
		try {
			const { buffer, bytesRead } = await file.read({
				buffer: Buffer.alloc(Math.min(size, TAIL_BYTES)),
				position: Math.max(0, size - TAIL_BYTES),
			});
			return plainText(buffer.toString("utf8", 0, bytesRead))
				.trimEnd()
				.split("\n")
				.slice(-lines)
				.join("\n");
		} finally {
			await file.close();
		}
	}

	#words(): string[] {
		const { emulator, nic, memoryMiB, processors } = this.#options;
		return [
			...emulator.args,
			...["-name", this.name, "-machine", "q35,graphics=off", "-smp", String(processors), "-m", String(memoryMiB)],
			...["-no-reboot", "-nodefaults", "-no-user-config", "-display", "none", "-boot", "n"],
			...[
				"-uuid",
				this.uuid,
				"-smbios",
				`type=1,manufacturer=QEMU,product=rollcall-lab,serial=${this.name},uuid=${this.uuid}`,
			],
			...nic(this.mac),
			...["-device", "virtio-rng-pci"],
			...["-chardev", `file,id=console,path=${this.consoleFile},append=on`, "-serial", "chardev:console"],
		];
	}
}

function killGroup(pid: number): void {
	try {
		process.kill(-pid, "SIGKILL");
	} catch (error) {
		if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
	}
}

/** A console's text without terminal sequences and other control characters. */
export function plainText(text: string): string {
	// biome-ignore lint/suspicious/noControlCharactersInRegex: that is what is taken out
	return text.replaceAll(/\u001b(?:\[[0-?]*[ -/]*[@-~]|[@-~])/g, "").replaceAll(/[^\n\t -~\u00a0-\uffff]/g, "");
}
