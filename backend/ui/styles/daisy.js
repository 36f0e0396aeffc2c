// The parts of daisyUI that the site uses, and the names of the tokens for Tailwind's utilities.
import { plugin } from "./daisyui/functions/plugin.js";
import { nestCssLayers } from "./daisyui/functions/nestCssLayers.js";
import button from "./daisyui/components/button/index.js";
import checkbox from "./daisyui/components/checkbox/index.js";
import input from "./daisyui/components/input/index.js";
import kbd from "./daisyui/components/kbd/index.js";
import loading from "./daisyui/components/loading/index.js";
import progress from "./daisyui/components/progress/index.js";
import radio from "./daisyui/components/radio/index.js";
import select from "./daisyui/components/select/index.js";
import skeleton from "./daisyui/components/skeleton/index.js";
import textarea from "./daisyui/components/textarea/index.js";
import toggle from "./daisyui/components/toggle/index.js";

const parts = [button, checkbox, input, kbd, loading, progress, radio, select, skeleton, textarea, toggle];
const names = [
  "base-100", "base-200", "base-300", "base-content", "muted", "line", "primary", "primary-content",
  "primary-soft", "neutral", "neutral-content", "success", "warning", "error", "info", "violet",
];

export default plugin.withOptions(
  () => ({ addComponents }) => {
    for (const part of parts) part({ addComponents: (styles) => addComponents(nestCssLayers(styles)) });
  },
  () => ({
    theme: {
      extend: {
        colors: Object.fromEntries(names.map((name) => [name, `var(--color-${name})`])),
        borderRadius: { field: "var(--radius-field)", box: "var(--radius-box)" },
      },
    },
  }),
);
