/** What has to be undone at the end, newest first, whatever happened in between. */
export class Cleanup {
	readonly #undo: (() => unknown)[] = [];

	add(undo: () => unknown): void {
		this.#undo.push(undo);
	}

	/** Undoes everything; one that fails does not keep the others from it. */
	async run(): Promise<void> {
		for (const undo of this.#undo.splice(0).reverse()) {
			try {
				await undo();
			} catch (error) {
				process.stderr.write(`bench: could not tidy up: ${(error as Error).message}\n`);
			}
		}
	}
}
