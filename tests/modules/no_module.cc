int not_a_task();

int not_a_task() { return 1; }
