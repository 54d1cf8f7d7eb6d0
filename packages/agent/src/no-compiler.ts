import { z } from "zod";

// zod makes and compiles source for every schema of an object: worth it for thousands of messages, not for an agent's few. It looks at this when a schema is
// made, so this file is imported before all that makes one.
z.config({ jitless: true });
