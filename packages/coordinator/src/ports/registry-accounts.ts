/** The accounts at mirrors that the operator gave to the coordinator, by name. */
export interface RegistryAccounts {
	/**
	 * What the account sends as `Authorization` (RFC 7617); a secret. Undefined where there is none of this name. Throws an Error
	 * that names the file and what is wrong with it, never what it holds.
	 */
	authorization(name: string): Promise<string | undefined>;
	/** Where the account of this name is to be put, for a person. */
	place(name: string): string;
}
