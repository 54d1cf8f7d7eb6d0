import type { Section } from "../context.ts";

export const hello: Section = async () => ({});
