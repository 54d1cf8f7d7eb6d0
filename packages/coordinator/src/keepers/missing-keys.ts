import type { Trust } from "@rollcall/protocol";
import type { Pki } from "../ports/pki.ts";

/** Says loudly that this coordinator cannot sign for the fleet that it leads: keys are damaged, or it was started without the others'. */
export async function tellMissingKeys(
	pki: Pki,
	trust: Trust | undefined,
	log: { error(details: object, text: string): void },
): Promise<void> {
	const missing = trust ? await pki.missing(trust) : [];
	if (missing.length === 0) return;
	log.error(
		{ missing },
		"private keys of the fleet are missing or damaged here, so machines get no certificates; restore them from a backup, give all coordinators the same authorityFolder, or copy the files",
	);
}
