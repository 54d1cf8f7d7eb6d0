import { mkdir } from "node:fs/promises";
import { join } from "node:path";
import type { Part } from "@rollcall/test-support/part";
import { makeBridge } from "./bridge.ts";
import { findEmulator } from "./emulator.ts";
import { LabUnavailable, unpackPackages } from "./image/debian.ts";
import { LAB_CACHE, labParts } from "./lab.ts";
import { createScope } from "./scope.ts";

/** The lab, as a part that tests need: QEMU and the image, which is built where it is not there yet. */
export function labPart(): Promise<Part> {
	return partOf(labParts);
}

/** A host of its own with QEMU, a switch for machines, and dnsmasq. */
export function switchPart(): Promise<Part> {
	return partOf(async () => {
		await mkdir(LAB_CACHE, { recursive: true });
		await findEmulator(LAB_CACHE);
		await unpackPackages({ names: ["dnsmasq-base"], beside: "this-computer" }, join(LAB_CACHE, "dnsmasq"), LAB_CACHE);
		const scope = createScope();
		try {
			makeBridge(scope);
		} finally {
			await scope.end();
		}
	});
}

async function partOf(trial: () => Promise<unknown>): Promise<Part> {
	try {
		await trial();
		return { missing: undefined };
	} catch (error) {
		if (!(error instanceof LabUnavailable)) throw error;
		return { missing: error.message };
	}
}
