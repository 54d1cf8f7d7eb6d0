/** Where this coordinator's API is: as it was advertised, else as it listens. */
export class OwnAddress {
	readonly #advertised: string | undefined;
	#listens = "";

	constructor(advertised: string | undefined) {
		this.#advertised = advertised;
	}

	/** Sets the address that the API listens at. It is called before anybody asks. */
	listensAt(url: string): void {
		this.#listens = url;
	}

	readonly url = (): string => this.#advertised ?? this.#listens;
}
