import type { Section } from "../context.ts";

export const storm: Section = async () => ({});
