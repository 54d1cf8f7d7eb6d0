import type { Section } from "../context.ts";

export const beats: Section = async () => ({});
