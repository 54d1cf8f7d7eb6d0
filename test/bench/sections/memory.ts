import type { Section } from "../context.ts";

export const memory: Section = async () => ({});
