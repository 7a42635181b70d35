import { pageFor, PromptSlot } from './slots.tsx';
import { useRoute } from './store/route.ts';
import { LiveRegion } from './ui/live-region.tsx';

/** The main window. */
export function App() {
  const route = useRoute();
  return (
    <>
      <main>{pageFor(route)}</main>
      <LiveRegion />
      <PromptSlot />
    </>
  );
}
