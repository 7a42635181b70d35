import './no-eval.ts';
import './ui/fonts.css';
import './ui/tokens.css';
import './ui/base.css';
import './features/prompts/prompt-page.css';
import { PromptWindow } from './features/prompts/prompt-window.tsx';
import { startPage } from './page.tsx';

startPage('prompts', <PromptWindow />);
