import type { TestCoordinator } from "../../support/coordinator.ts";

/**
 * Finds boots that lost their token with the log: they waited to be let in when the data folder was put back, and the refusal tells a person to
 * boot the machine again.
 */
export class Stranded {
	readonly #api: TestCoordinator;
	/** The time of the last refusal that was told of each machine; numbers go back with the log. */
	readonly #told = new Map<string, number>();

	constructor(api: TestCoordinator) {
		this.#api = api;
	}

	/** True once for each refusal of this machine. */
	async isNews(machineId: string): Promise<boolean> {
		const refusal = (await this.#api.events()).findLast(
			(event) =>
				event.type === "enrollment-refused" &&
				event.machineId === machineId &&
				event.reason === "the token is not known",
		);
		const isNews = refusal !== undefined && refusal.at > (this.#told.get(machineId) ?? 0);
		if (isNews) this.#told.set(machineId, refusal.at);
		return isNews;
	}
}
