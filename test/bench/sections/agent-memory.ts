import type { Section } from "../context.ts";

export const agentMemory: Section = async () => ({});
