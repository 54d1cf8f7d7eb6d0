import { randomUUID } from "node:crypto";
import type { BootId } from "@rollcall/protocol";
import type { SeededMachine } from "../seed/ready-fleet.ts";
import { factsOf, newKey } from "../seed/seed-machine.ts";
import type { Member } from "./orders.ts";

/** A machine of the log as it lives on: the same boot with the same key. */
export function livingMember(machine: SeededMachine, number: number): Member {
	const { seed, publicKey, facts, generation, digest } = machine;
	return { seed, publicKey, facts, generation, digest, from: addressOf(number) };
}

/** A boot that nobody has seen yet of the machine with this number, known or not. */
export function bootingMember(number: number, token: string): Member {
	const facts = { ...factsOf(number), bootId: randomUUID() as BootId };
	return { ...newKey(), facts, token, generation: 0, from: addressOf(number) };
}

/** One of 127.0.0.0/8, away from 127.0.0.1. */
function addressOf(number: number): string {
	return `127.${16 + (number >> 16)}.${(number >> 8) & 255}.${number & 255 || 255}`;
}
