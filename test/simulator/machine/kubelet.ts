import type { Schedule } from "../schedule.ts";

/** From a changed manifest to its pod, in milliseconds. */
const SYNC_MS = 500;
/** From a process that ended at once to its next try. */
const AGAIN_MS = 3_000;

export interface KubeletParts {
	readonly schedule: Schedule;
	/** The text of etcd's manifest; undefined while there is none. */
	readonly manifest: () => string | undefined;
	/** It runs itself. */
	readonly runs: () => boolean;
	/** Starts etcd by its manifest. A text: why it ended at once. */
	readonly start: (manifest: string) => string | undefined;
	readonly stop: () => void;
}

/** Keeps the pod of etcd as the manifest says. */
export class Kubelet {
	/** Why etcd does not run. */
	trouble = "it does not run";
	readonly #parts: KubeletParts;
	#started: string | undefined;
	#due = false;

	constructor(parts: KubeletParts) {
		this.#parts = parts;
	}

	/** Looks again soon: something changed. */
	wake(ms = SYNC_MS): void {
		if (this.#due) return;
		this.#due = true;
		this.#parts.schedule.after(ms, () => {
			this.#due = false;
			this.#sync();
		});
	}

	/** etcd ended by itself. */
	onEnded(): void {
		this.#started = undefined;
		this.wake(AGAIN_MS);
	}

	#sync(): void {
		const { manifest, runs, start, stop } = this.#parts;
		const text = runs() ? manifest() : undefined;
		if (text === this.#started) return;
		if (this.#started !== undefined) stop();
		this.#started = undefined;
		if (text === undefined) return;
		const trouble = start(text);
		this.trouble = trouble ?? "it has no leader";
		if (trouble === undefined) this.#started = text;
		else this.wake(AGAIN_MS);
	}
}
