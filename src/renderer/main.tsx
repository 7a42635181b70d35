import './no-eval.ts';
import { App } from './app.tsx';
import { startPage } from './page.tsx';

startPage('main', <App />);
