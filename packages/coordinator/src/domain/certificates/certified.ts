import type { BootId, IssuedCertificate, Timestamp } from "@rollcall/protocol";

/** The newest certificate of a boot for each name. */
export interface Certified {
	readonly bootId: BootId;
	readonly certificates: readonly IssuedCertificate[];
	/** Those that are not valid by the coordinator's clock, since that was recorded. */
	readonly invalid?: { readonly validity: "expired" | "not-yet-valid"; readonly names: readonly string[] } | undefined;
}

type Validity = "valid" | "expired" | "not-yet-valid";
type Dates = Pick<IssuedCertificate, "notBefore" | "notAfter">;

/** Whether a certificate is valid at a date. */
export function validityAt({ notBefore, notAfter }: Dates, date: Timestamp): Validity {
	return date >= notAfter ? "expired" : date < notBefore ? "not-yet-valid" : "valid";
}

/** Certificates of a machine's live boot that are not valid. */
export function invalidOf({
	certified,
	bootId,
}: {
	readonly bootId: BootId;
	readonly certified?: Certified | undefined;
}): Certified["invalid"] {
	return certified?.bootId === bootId ? certified.invalid : undefined;
}

/** The same, as a sentence about the machine; undefined when nothing is wrong, as far as the coordinator knows. */
export function invalidText(machine: Parameters<typeof invalidOf>[0]): string | undefined {
	const invalid = invalidOf(machine);
	if (!invalid) return undefined;
	const state = invalid.validity === "expired" ? "have expired" : "are not valid yet";
	return `its certificates ${invalid.names.join(", ")} ${state} by the coordinator's clock, and it is asked to order them anew`;
}
