import type { Section } from "../context.ts";

export const silence: Section = async () => ({});
