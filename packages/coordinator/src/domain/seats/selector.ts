import { macsOf, ownValue, type Selector } from "@rollcall/protocol";
import type { Machine } from "../fleet.ts";
import { mebibytes } from "../identity/hardware.ts";

/** Why a machine is not one of those that a selector means, in words; undefined when it is. */
export function mismatch(selector: Selector, { labels, facts }: Machine): string | undefined {
	for (const key in selector.labels) {
		const [value, has] = [selector.labels[key], ownValue(labels, key)];
		if (has !== value)
			return `its label ${key} is ${has === undefined ? "not set" : JSON.stringify(has)}, not ${JSON.stringify(value)}`;
	}
	if (selector.arch !== undefined && facts.cpu.arch !== selector.arch)
		return `its CPU is ${facts.cpu.arch}, not ${selector.arch}`;
	if (selector.minCpus !== undefined && facts.cpu.count < selector.minCpus) {
		return `it has ${facts.cpu.count} CPUs of ${selector.minCpus}`;
	}
	if (selector.minMemory !== undefined && facts.memory.totalBytes < selector.minMemory) {
		return `it has ${mebibytes(facts.memory.totalBytes)} MiB of memory of ${mebibytes(selector.minMemory)}`;
	}
	const nics = selector.minNics === undefined ? 0 : macsOf(facts).length;
	if (selector.minNics !== undefined && nics < selector.minNics) {
		return `it has ${nics} NICs of ${selector.minNics}`;
	}
	if (selector.vendor !== undefined && facts.smbios.vendor !== selector.vendor)
		return `its vendor is not ${selector.vendor}`;
	if (selector.product !== undefined && facts.smbios.product !== selector.product)
		return `its product is not ${selector.product}`;
	if (selector.rehearsal !== undefined && facts.rehearsal !== selector.rehearsal) {
		return selector.rehearsal ? "it is not a rehearsal machine" : "it is a rehearsal machine";
	}
	return undefined;
}

/** True when a machine matches a selector. */
export function matches(selector: Selector, machine: Machine): boolean {
	return mismatch(selector, machine) === undefined;
}
