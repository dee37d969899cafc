"""Will a reward be learnt, or cheated? Read from rollouts: what the reward gave them beside what they were worth."""
